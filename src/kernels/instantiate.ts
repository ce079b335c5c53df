/** The part of the global that is used here; the compiler's libraries have it only among a browser's. */
declare const WebAssembly:
  | undefined
  | {
      validate(binary: Uint8Array): boolean;
      readonly Module: new (binary: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
      readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
      readonly CompileError: ErrorConstructor;
    };

/** (module (func (result v128) i32.const 0 i32x4.splat)): valid where SIMD is. */
const simdProbe = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x11, 0x0b],
);

const simd = typeof WebAssembly === "object" && WebAssembly.validate(simdProbe) ? WebAssembly : undefined;

/** Whether this machine and this Node run WebAssembly with SIMD. Under `node --jitless` there is none at all. */
export const hasSimd: boolean = simd !== undefined;

const pageBytes = 65_536;

/** Compiled once a thread; instances share the code. */
const modules = new Map<string, object>();

/**
 * Makes an instance of a kernel, at once, with a memory of its own that never grows.
 * @param binary    base64, of binaries.ts
 * @param sizeBytes of the memory, at least; rounded up to pages of 64 KiB
 * @returns `undefined` where SIMD is missing or the memory can't be had: then the twin runs
 */
export function instantiate<Exports>(
  binary: string,
  sizeBytes: number,
): { readonly memory: ArrayBuffer; readonly exports: Exports } | undefined {
  if (simd === undefined) return undefined;
  const pages = Math.ceil(sizeBytes / pageBytes);
  try {
    let module = modules.get(binary);
    if (module === undefined) {
      module = new simd.Module(Uint8Array.from(atob(binary), (char) => char.charCodeAt(0)));
      modules.set(binary, module);
    }
    const memory = new simd.Memory({ initial: pages, maximum: pages });
    const { exports } = new simd.Instance(module, { env: { memory } });
    return { memory: memory.buffer, exports: exports as Exports };
  } catch (error) {
    // A limit on address space or a policy against compiling at run time; both leave the twin.
    if (error instanceof RangeError || error instanceof simd.CompileError) return undefined;
    throw error;
  }
}
