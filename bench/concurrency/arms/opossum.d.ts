/** The package has no types of its own; these are what the benchmark uses. */
declare module "opossum" {
  export default class CircuitBreaker<T> {
    constructor(action: () => Promise<T>, options: { readonly timeout: number | false });
    fire(): Promise<T>;
    shutdown(): void;
  }
}
