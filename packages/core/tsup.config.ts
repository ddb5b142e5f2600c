import { defineConfig } from 'tsup';
import { sdkBuild } from '../../tsup.base.ts';

export default defineConfig(sdkBuild);
