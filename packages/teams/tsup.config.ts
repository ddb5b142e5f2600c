import { defineConfig } from 'tsup';
import { moduleFiles } from '../../tsup.base.ts';

export default defineConfig(moduleFiles);
