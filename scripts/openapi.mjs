// Writes what the runtime's description of the API says of answers, from the types of the contract.
import { writeContractFile } from './openapi/contract-file.mjs';
import { root } from './workspace/root.mjs';

console.log(writeContractFile(root));
