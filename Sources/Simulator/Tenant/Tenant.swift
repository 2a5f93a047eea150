import ServiceRuntime

/// The state of the simulated instance: what its commands check, and the events they push.
///
/// A command either pushes all of its events and returns, or throws and changes nothing.
struct Tenant: Sendable {
    var store = EventStore()
    var organizations: [String: Organization] = [:]
    var projects: [String: Project] = [:]
    var users: [String: User] = [:]
    var grants: [String: Grant] = [:]
    var generator: SeededGenerator
    private var identifiers = IdentifierSource()
    private let clock: WallClock
    /// The user in whose name everything happens.
    private(set) var editor = Self.admin
    private static let admin = "280000000000000001"

    init(seed: UInt64, clock: WallClock = .system) {
        generator = SeededGenerator(seed: seed)
        self.clock = clock
    }

    mutating func newID() -> String { identifiers.next(using: &generator) }

    @discardableResult
    mutating func push(_ events: NewEvent...) throws(SimulatorError) -> [StoredEvent] {
        try push(events)
    }

    /// - Parameter createdAt: microseconds since 1970; now when absent.
    @discardableResult
    mutating func push(_ events: [NewEvent], createdAt: Int64? = nil) throws(SimulatorError) -> [StoredEvent] {
        try store.push(events, createdAt: createdAt ?? clock.microseconds(), editor: editor)
    }

    /// - Parameters:
    ///   - editor: who does it, when it is not the administrator.
    ///   - holdsPushes: the events are committed later.
    mutating func commandBegins(editor: String?, holdsPushes: Bool) {
        self.editor = editor ?? Self.admin
        store.isHolding = holdsPushes
    }

    mutating func commandEnds() {
        editor = Self.admin
        store.isHolding = false
    }

    /// The id is in use: the next one comes after it.
    mutating func skipIdentifier(_ id: String) { identifiers.skip(id) }
}

struct Organization: Sendable {
    var id: String
    var name: String

    var aggregate: Aggregate { Aggregate(type: "org", id: id, resourceOwner: id) }
}

struct Project: Sendable {
    var id: String
    var organizationID: String
    var name: String
    var roleKeys: [String] = []

    var aggregate: Aggregate { Aggregate(type: "project", id: id, resourceOwner: organizationID) }
}

struct User: Sendable {
    enum State: String, Sendable {
        case active
        case initial
        case locked
        case inactive
    }

    var id: String
    var organizationID: String
    var username: String
    var isMachine: Bool
    var state = State.active
    var groups: [String] = []

    var aggregate: Aggregate { Aggregate(type: "user", id: id, resourceOwner: organizationID) }
}

struct Grant: Sendable {
    var id: String
    var organizationID: String
    var userID: String
    var projectID: String
    var roleKeys: [String]

    var aggregate: Aggregate { Aggregate(type: "usergrant", id: id, resourceOwner: organizationID) }
}
