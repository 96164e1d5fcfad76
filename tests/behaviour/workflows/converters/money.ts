/** A class of the user with a transfer type: workflows, activities and clients share it. */
import { transferTypeConvertible } from "@anywhen/temporal/converter";

export class Money {
  cents: bigint;

  constructor(cents: bigint) {
    this.cents = cents;
  }

  plus(other: Money): Money {
    return new Money(this.cents + other.cents);
  }
}

transferTypeConvertible<Money, { cents: bigint }>({
  toTransferType: ({ cents }) => ({ cents }),
  fromTransferType: ({ cents }) => new Money(cents),
})(Money);
