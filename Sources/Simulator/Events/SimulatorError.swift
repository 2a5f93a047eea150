/// Why the simulator refuses a request, sorted by what the caller can do about it.
enum SimulatorError: Error, Equatable, CustomStringConvertible {
    /// The request itself is wrong.
    case invalid(String)
    /// What the request names does not exist.
    case notFound(String)
    /// It does not fit the state of what it names.
    case conflict(String)
    /// A bound of the simulator is reached.
    case unavailable(String)

    var description: String {
        switch self {
        case .invalid(let text), .notFound(let text), .conflict(let text), .unavailable(let text): text
        }
    }
}
