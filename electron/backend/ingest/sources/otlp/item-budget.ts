import { maximumAttributesPerSpan } from '../../../telemetry/raw-span.ts';
import { RefusedItem } from './malformed.ts';

/** Attributes, events, links and list elements of one span or log record together: real ones stay under a few thousand. */
const maximumParts = 500_000;

/** Counts the parts of one item while it is read, so that a hostile one is refused before its objects fill the memory. */
export class ItemBudget {
  private parts = 0;

  begin(): void {
    this.parts = 0;
  }

  /** Whether attribute number `index` (from 0) of one list is kept: those beyond are passed over, and counted as dropped. */
  attribute(index: number): boolean {
    if (index >= maximumAttributesPerSpan) return false;
    this.part();
    return true;
  }

  part(): void {
    if (++this.parts > maximumParts)
      throw new RefusedItem(`more than ${maximumParts} attributes, events, links and list elements`);
  }
}

/** `dropped_attributes_count` with those that were passed over; it is a number of 32 bits. */
export const withCut = (dropped: number, cut: number): number => Math.min(dropped + cut, 0xffff_ffff);
