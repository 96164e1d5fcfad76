/** True exactly when two types are the same, `any` told apart from everything else. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles exactly when all of its members are true. */
export type Expect<_T extends true[]> = true;
