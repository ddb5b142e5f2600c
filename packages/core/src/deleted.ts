/** What a deletion answers with. */
export interface Deleted<Id extends string = string> {
  /** The id of what is gone. */
  id: Id;
  /** Always true. */
  deleted: true;
}
