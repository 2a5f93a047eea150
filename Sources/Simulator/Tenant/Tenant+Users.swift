import Foundation

/// What a person gives to create a user. The CLI sends it, the control API reads it.
struct NewUser: Codable, Sendable {
    var username: String
    var firstName: String?
    var lastName: String?
    var nickName: String?
    var displayName: String?
    var language: String?
    /// `female`, `male` or `diverse`.
    var gender: String?
    var email: String?
    var phone: String?
    /// Id or name; the first organization when absent.
    var org: String?
    var groups: [String]?
    /// A service user: only `username`, `name` and `description` matter.
    var machine: Bool?
    var name: String?
    var description: String?
    /// The user has to confirm the address first, and is `initial` until then.
    var unverified: Bool?
}

/// The changed members of a profile; absent is unchanged.
struct ProfileChange: Codable, Sendable {
    var firstName: String?
    var lastName: String?
    var nickName: String?
    var displayName: String?
    var language: String?
    var gender: String?
}

extension Tenant {
    mutating func createUser(_ new: NewUser) throws(SimulatorError) -> User {
        guard !new.username.isEmpty else { throw .invalid("username is empty") }
        guard !users.values.contains(where: { $0.username == new.username }) else {
            throw .conflict("a user named \(new.username) exists")
        }
        let gender = try new.gender.map { (text) throws(SimulatorError) in try Self.genderNumber(text) }
        let organization = try organization(new.org)
        var user = User(
            id: newID(), organizationID: organization.id, username: new.username, isMachine: new.machine == true)
        if user.isMachine {
            try push(NewEvent(aggregate: user.aggregate, type: "user.machine.added", payload: Self.machine(new)))
        } else {
            let added = NewEvent(
                aggregate: user.aggregate, type: "user.human.added", payload: human(new, gender: gender))
            if new.unverified == true {
                user.state = .initial
                try push(added, initializationCode(for: user))
            } else if new.email != nil {
                try push(added, NewEvent(aggregate: user.aggregate, type: "user.human.email.verified"))
            } else {
                try push(added)
            }
        }
        users[user.id] = user
        if let groups = new.groups { try setGroups(user.id, groups) }
        return user
    }

    /// The invited user has chosen a password and confirmed the address.
    mutating func initializeUser(_ reference: String) throws(SimulatorError) {
        let user = try requireUser(reference, in: [.initial], for: "initialize")
        try push(
            NewEvent(aggregate: user.aggregate, type: "user.human.initialization.check.succeeded"),
            NewEvent(aggregate: user.aggregate, type: "user.human.email.verified"))
        users[user.id]?.state = .active
    }

    mutating func changeProfile(_ reference: String, _ change: ProfileChange) throws(SimulatorError) {
        let user = try user(reference)
        let gender = try change.gender.map { (text) throws(SimulatorError) in try Self.genderNumber(text) }
        let payload = GoJSON.object { json in
            if let value = change.firstName, !value.isEmpty { json.member("firstName", value) }
            if let value = change.lastName, !value.isEmpty { json.member("lastName", value) }
            if let value = change.nickName { json.member("nickName", value) }
            if let value = change.displayName { json.member("displayName", value) }
            if let value = change.language { json.member("preferredLanguage", value) }
            if let gender { json.member("gender", gender) }
        }
        guard payload != "{}" else { throw .invalid("no member of the profile is given") }
        guard !user.isMachine else { throw .conflict("\(user.username) is a machine user and has no profile") }
        try push(NewEvent(aggregate: user.aggregate, type: "user.human.profile.changed", payload: payload))
    }

    /// Groups are user metadata: a JSON array of strings, in base64.
    mutating func setGroups(_ reference: String, _ groups: [String]) throws(SimulatorError) {
        let user = try user(reference)
        let json = GoJSON.object { $0.member("", groups) }.dropFirst(4).dropLast()
        let payload = GoJSON.object {
            $0.member("key", "groups")
            $0.member("value", Data(json.utf8).base64EncodedString())
        }
        try push(NewEvent(aggregate: user.aggregate, type: "user.metadata.set", payload: payload))
        users[user.id]?.groups = groups
    }

    /// `lock`, `unlock`, `deactivate` or `reactivate`.
    mutating func change(_ reference: String, _ change: StateChange) throws(SimulatorError) {
        let user = try requireUser(reference, in: change.allowed, for: change.rawValue)
        try push(NewEvent(aggregate: user.aggregate, type: change.eventType))
        users[user.id]?.state = change.result
    }

    /// Removes the user and, in the same transaction, the grants, as Zitadel does.
    mutating func removeUser(_ reference: String) throws(SimulatorError) {
        let user = try user(reference)
        let lost = grants.values.filter { $0.userID == user.id }.sorted { $0.id < $1.id }
        try push(
            [NewEvent(aggregate: user.aggregate, type: "user.removed")]
                + lost.map { NewEvent(aggregate: $0.aggregate, type: "user.grant.cascade.removed") })
        users[user.id] = nil
        for grant in lost { grants[grant.id] = nil }
    }

    /// A user by id or by name.
    func user(_ reference: String) throws(SimulatorError) -> User {
        guard let user = users[reference] ?? users.values.first(where: { $0.username == reference }) else {
            throw .notFound("no user \(reference)")
        }
        return user
    }

    private func requireUser(
        _ reference: String, in states: [User.State], for verb: String
    ) throws(SimulatorError) -> User {
        let user = try user(reference)
        guard states.contains(user.state) else {
            throw .conflict("cannot \(verb) \(user.username): the state is \(user.state.rawValue)")
        }
        return user
    }
}

enum StateChange: String, Sendable, CaseIterable {
    case lock
    case unlock
    case deactivate
    case reactivate

    var eventType: String {
        switch self {
        case .lock: "user.locked"
        case .unlock: "user.unlocked"
        case .deactivate: "user.deactivated"
        case .reactivate: "user.reactivated"
        }
    }

    var allowed: [User.State] {
        switch self {
        case .lock: [.active, .initial]
        case .unlock: [.locked]
        case .deactivate: [.active, .locked]
        case .reactivate: [.inactive]
        }
    }

    var result: User.State {
        switch self {
        case .lock: .locked
        case .deactivate: .inactive
        case .unlock, .reactivate: .active
        }
    }
}
