/// What the caller of a broker operation does about its failure.
package enum Disposition: Sendable, Equatable {
    /// The same call may succeed later: try again, or let a later poll bring the record.
    case retry
    /// This record can never succeed; every other one still can.
    case reject
    /// This client is of no use any more: stop the program and let it be started again.
    case stop
}
