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

  /** Before attribute number `index` (from 0) of one list. */
  attribute(index: number): void {
    if (index >= maximumAttributesPerSpan) throw new RefusedItem(`more than ${maximumAttributesPerSpan} attributes`);
    this.part();
  }

  part(): void {
    if (++this.parts > maximumParts)
      throw new RefusedItem(`more than ${maximumParts} attributes, events, links and list elements`);
  }
}
