/** This close to the end counts as at the end: half a line of text. */
const END_TOLERANCE_PX = 24;
/** Scrolling this soon after something was measured is the list's own, unless a reader's hand is in it. */
const SETTLE_MS = 250;
/** A turn of a wheel or a key moves a list for this long: browsers spread it over many frames. */
const GESTURE_MS = 500;
/** Browsers round places. */
const ROUNDING_PX = 1;

/** Where a list is scrolled to, as the browser has it. */
export interface Place {
  readonly offset: number;
  readonly size: number;
  readonly viewSize: number;
}

const TOP: Place = { offset: 0, size: 0, viewSize: 0 };

/**
 * Decides whether the reader of a list follows its end, whatever comes there, or has left it. A list moves by itself too: rows are
 * measured, older ones come in front, a phone is turned. So one leaves by hand, or by scrolling while nothing of that goes on, as a tool
 * does that scrolls for its user.
 */
export class FollowedEnd {
  #isFollowed = false;
  #place = TOP;
  /** When somebody has last begun to scroll up, since the end was last gone to. */
  #handAt: number | null = null;
  #isRising = false;
  #measuredAt = Number.NEGATIVE_INFINITY;

  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  /** Its reader, or what he did, wants the end. */
  follow(): void {
    this.#isFollowed = true;
    this.#handAt = null;
    this.#isRising = false;
  }

  /** Another place is wanted. */
  leave(): void {
    this.#isFollowed = false;
  }

  /** Another list begins at its top: that is no scrolling up. */
  replaced(): void {
    this.#place = TOP;
  }

  /** The list has been put at its end, so that the browser's word of it is no scrolling. */
  put(place: Place): void {
    this.#place = place;
    this.#isRising = false;
  }

  /** The reader has done something that scrolls up. */
  pulled(nowMs: number): void {
    this.#handAt = nowMs;
  }

  /** Something has another size than before, and the list stands here now; true when it is to be put at its end. */
  measured(place: Place, nowMs: number): boolean {
    this.#measuredAt = nowMs;
    // Who is just on the way up, if still within what counts as the end, is not to be called back by each message that comes.
    if (!this.#isRising || !this.#isRecent(nowMs)) return this.#isFollowed;
    if (!isNearEnd(place)) this.#isFollowed = false;
    return false;
  }

  /** The list stands elsewhere; true when it moved by itself and is to be put at its end. `hasNewer`: its end is not the channel's. */
  scrolled(place: Place, hasNewer: boolean, nowMs: number): boolean {
    const before = this.#place;
    this.#place = place;
    const moved = place.offset - before.offset;
    const isUp = moved < -ROUNDING_PX;
    const isDown = moved > ROUNDING_PX && isSameSize(before, place);
    if (isUp) this.#isRising = this.#handAt !== null;
    if (isDown) this.#isRising = false;
    if (isNearEnd(place) && !hasNewer) {
      this.#isFollowed = true;
      // Only who comes down has arrived: the first frames of a way up are near the end as well.
      if (isDown) this.#handAt = null;
      return false;
    }
    // A hand that moved nothing was no hand.
    const isByHand = this.#handAt !== null && (isUp || this.#isRecent(nowMs));
    const isQuiet = nowMs - this.#measuredAt > SETTLE_MS;
    // Where the list or its view has another size than before, something was measured or turned instead.
    const isByTool = isQuiet && isUp && isSameSize(before, place);
    if (hasNewer || isByHand || isByTool) this.#isFollowed = false;
    return this.#isFollowed;
  }

  #isRecent(nowMs: number): boolean {
    return this.#handAt !== null && nowMs - this.#handAt < GESTURE_MS;
  }
}

function isNearEnd({ offset, size, viewSize }: Place): boolean {
  return size - viewSize - offset <= END_TOLERANCE_PX;
}

function isSameSize(a: Place, b: Place): boolean {
  return Math.abs(a.size - b.size) <= ROUNDING_PX && Math.abs(a.viewSize - b.viewSize) <= ROUNDING_PX;
}
