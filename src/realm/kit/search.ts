/** Search attributes. @module */
export {
  SearchAttributeKey,
  searchAttributesFromPayloads,
  searchAttributesToPayloads,
  toTypedSearchAttributes,
  TypedSearchAttributes,
} from "../../common/search.ts";
