/** The client of a mock server's control plane. */

export { Api, createMock, Mock, type MockOptions, type WorldOptions, type WorldSource } from "./mock.js";
export {
  AddedRule,
  type Change,
  Clock,
  describe,
  type Exchange,
  type ExpectedCall,
  type ExpectedCount,
  Faults,
  Journal,
  Message,
  type MessageFilter,
  type Moment,
  Outbox,
  type Record_,
  type Rule,
  type RuleFields,
  Services,
  Snapshot,
  State,
  type TransitionPolicy,
  Transitions,
  Unverified,
} from "./parts.js";
export { Refused } from "./wire.js";
