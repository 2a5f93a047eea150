import Foundation

/// Makes the tenant of an earlier run again, from its events.
extension Tenant {
    mutating func restore(_ event: StoredEvent) {
        store.restore(event)
        let payload = Payload(event.payload)
        switch event.aggregate.type {
        case "org": restoreOrganization(event, payload)
        case "project": restoreProject(event, payload)
        case "user": restoreUser(event, payload)
        case "usergrant": restoreGrant(event, payload)
        default: return
        }
        skipIdentifier(event.aggregate.id)
    }

    private mutating func restoreOrganization(_ event: StoredEvent, _ payload: Payload) {
        guard event.type == "org.added", let name = payload.members?.name else { return }
        organizations[event.aggregate.id] = Organization(id: event.aggregate.id, name: name)
    }

    private mutating func restoreProject(_ event: StoredEvent, _ payload: Payload) {
        let id = event.aggregate.id
        if event.type == "project.added", let name = payload.members?.name {
            projects[id] = Project(id: id, organizationID: event.aggregate.resourceOwner, name: name)
        } else if event.type == "project.role.added", let key = payload.members?.key {
            projects[id]?.roleKeys.append(key)
        }
    }

    private mutating func restoreUser(_ event: StoredEvent, _ payload: Payload) {
        let id = event.aggregate.id
        switch event.type {
        case "user.human.added", "user.machine.added":
            users[id] = User(
                id: id, organizationID: event.aggregate.resourceOwner, username: payload.members?.userName ?? "",
                isMachine: event.type == "user.machine.added")
        case "user.human.initialization.code.added": users[id]?.state = .initial
        case "user.human.initialization.check.succeeded": users[id]?.state = .active
        case "user.removed": users[id] = nil
        case "user.metadata.set":
            guard payload.members?.key == "groups", let value = payload.members?.value,
                let data = Data(base64Encoded: value),
                let groups = try? JSONDecoder().decode([String].self, from: data)
            else { return }
            users[id]?.groups = groups
        default:
            if let change = StateChange.allCases.first(where: { $0.eventType == event.type }) {
                users[id]?.state = change.result
            }
        }
    }

    private mutating func restoreGrant(_ event: StoredEvent, _ payload: Payload) {
        let id = event.aggregate.id
        switch event.type {
        case "user.grant.added":
            guard let user = payload.members?.userId, let project = payload.members?.projectId else { return }
            grants[id] = Grant(
                id: id, organizationID: event.aggregate.resourceOwner, userID: user, projectID: project,
                roleKeys: payload.members?.roleKeys ?? [])
        case "user.grant.changed": grants[id]?.roleKeys = payload.members?.roleKeys ?? []
        case "user.grant.removed", "user.grant.cascade.removed": grants[id] = nil
        default: return
        }
    }

    /// The members that the tenant's own state is made of; read only when one is asked for.
    private struct Payload {
        struct Members: Decodable {
            var name: String?
            var key: String?
            var value: String?
            var userName: String?
            var userId: String?
            var projectId: String?
            var roleKeys: [String]?
        }

        private let text: String?

        init(_ text: String?) {
            self.text = text
        }

        var members: Members? { text.flatMap { try? JSONDecoder().decode(Members.self, from: Data($0.utf8)) } }
    }
}
