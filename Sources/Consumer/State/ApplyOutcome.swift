/// What became of the events of one batch.
///
/// - `applied`: at least one fact of the event was newer than what the state held at that moment.
/// - `alreadyApplied`: none was. The event had been applied before, or newer facts have overtaken all of its own.
///
/// Their sum is the number of events given.
package struct ApplyOutcome: Equatable, Sendable {
    package var applied = 0
    package var alreadyApplied = 0
    /// Events that carry the id of a known event but say something else; the first is kept. They are among the two
    /// counts above. One is found only while the batch or the state still holds a fact of the known event.
    package var conflicting = 0

    package init(applied: Int = 0, alreadyApplied: Int = 0, conflicting: Int = 0) {
        self.applied = applied
        self.alreadyApplied = alreadyApplied
        self.conflicting = conflicting
    }
}
