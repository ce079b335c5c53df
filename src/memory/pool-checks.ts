/** Whether pools look for misuse where nobody said: everywhere but in production. */
export const checkedByDefault = (): boolean => process.env.NODE_ENV !== "production";
