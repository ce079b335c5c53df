import { type Browser, chromium } from "playwright-core";
import { machineProgram } from "./machine-package.ts";

/** Starts a headless Chromium; the one that the machine has, so that no other is downloaded. */
export async function startChromium(): Promise<Browser> {
  // Its sandbox refuses to work for root, as whom containers run tests.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: machineProgram("chromium"), args });
}
