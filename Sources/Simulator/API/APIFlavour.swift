/// Which Actions API is served.
enum APIFlavour: String, Sendable, CaseIterable {
    /// `/v2/actions/…` and `/v2beta/actions/…`, lists at `search`.
    case v4
    /// Only `/v2beta/actions/…`, lists at `search`.
    case v4BetaOnly = "v4-beta-only"
    /// Only `/v2beta/actions/…`, lists at `_search` with their entries in `result`.
    case v3

    var defaultVersion: String { self == .v3 ? "v3.4.9" : "v4.13.1" }
    var services: [ActionService] { self == .v4 ? [.v2, .v2beta] : [.v2beta] }
    var searchPath: String { self == .v3 ? "_search" : "search" }
    var targetsMember: String { self == .v3 ? "result" : "targets" }
    var executionsMember: String { self == .v3 ? "result" : "executions" }
}

/// The gRPC service that a path of the Actions API belongs to.
enum ActionService: String, Sendable {
    case v2
    case v2beta
}
