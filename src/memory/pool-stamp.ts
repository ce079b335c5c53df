/** A class whose constructor gives back the object that it was handed, so that a subclass adds its private fields to it. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field gets onto somebody else's object.
    return object;
  }
}

/**
 * What checked pools know of an object: whose it is, and whether it is out. It sits on the object itself as private fields,
 * which nobody else can see or copy, and which cost about a nanosecond to read.
 */
export class PoolStamp extends Given {
  #pool: object;
  #isOut = true;

  private constructor(object: object, pool: object) {
    super(object);
    this.#pool = pool;
  }

  /** Marks an object as `pool`'s, and as out. */
  static put(object: object, pool: object): void {
    if (!(#pool in object)) new PoolStamp(object, pool);
    else {
      (object as PoolStamp).#pool = pool;
      (object as PoolStamp).#isOut = true;
    }
  }

  static isOf(object: object, pool: object): object is PoolStamp {
    return #pool in object && object.#pool === pool;
  }

  static isOut(object: PoolStamp): boolean {
    return object.#isOut;
  }

  static setOut(object: PoolStamp, isOut: boolean): void {
    object.#isOut = isOut;
  }
}
