/// The metadata keys of our log lines, so that each fact has one name everywhere.
///
/// A module adds its own in an extension.
package enum LogKey {
    package static let eventID = "event_id"
    package static let type = "type"
    package static let path = "path"
    package static let latency = "latency_ms"
    package static let duration = "duration_ms"
    package static let reason = "reason"
    package static let topic = "topic"
    package static let partition = "partition"
    package static let offset = "offset"
    package static let address = "address"
    /// A configuration key.
    package static let key = "key"
    package static let count = "count"
    package static let error = "error"
    package static let status = "status"
    package static let instance = "instance"
    package static let program = "program"
    package static let user = "user_id"
    package static let version = "version"
    package static let signal = "signal"
}
