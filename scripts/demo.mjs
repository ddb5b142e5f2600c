// `npm run demo`, once everything is installed and built.
import '../examples/demo/main.mjs';
