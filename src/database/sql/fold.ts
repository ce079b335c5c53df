/** Folds ASCII letters alone, as SQLite and PostgreSQL fold names: É and é stay two names, and so do K (U+212A) and k. */
export const fold = (text: string): string =>
  /[\u0080-\uffff]/.test(text) ? text.replace(/[A-Z]+/g, (part) => part.toLowerCase()) : text.toLowerCase();
