/** The packages have no types of their own; these are what the benchmark uses. */
declare module "wink-bm25-text-search" {
  export default function bm25(): {
    defineConfig(config: { readonly fldWeights: Readonly<Record<string, number>> }): void;
    definePrepTasks(tasks: readonly unknown[]): void;
    addDoc(document: object, id: number): void;
    consolidate(): void;
    search(query: string, limit: number): readonly (readonly [id: string, score: number])[];
  };
}
declare module "wink-nlp-utils" {
  const utils: {
    readonly string: Readonly<Record<"lowerCase" | "removeExtraSpaces" | "tokenize0", unknown>>;
    readonly tokens: Readonly<Record<"removeWords" | "stem", unknown>>;
  };
  export default utils;
}
