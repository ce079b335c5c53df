import { moduleBeside } from "../module-beside.ts";

/** URL of a module beside this file. */
export const armModule = (name: string): string => moduleBeside(import.meta.url, name);
