import Foundation
import ServiceRuntime

/// The JSON answers of the control API.
enum ControlAnswer {
    /// `{"grantId":"…","userId":"…","events":["usergrant/…/1"]}`, ids sorted by name.
    static func change(_ ids: [String: String], _ events: [StoredEvent]) -> String {
        object { json in
            for (name, id) in ids.sorted(by: { $0.key < $1.key }) { json.member(name, id) }
            add(events, to: &json)
        }
    }

    static func demo(_ demo: Tenant.Demo, _ events: [StoredEvent]) -> String {
        object { json in
            json.member("orgId", demo.organizationID)
            json.member("projectId", demo.projectID)
            json.name("users")
            json.openObject()
            for (name, id) in demo.userIDs.sorted(by: { $0.key < $1.key }) { json.member(name, id) }
            json.closeObject()
            add(events, to: &json)
        }
    }

    static func users(_ tenant: Tenant) -> String {
        object { json in
            json.name("users")
            json.openArray()
            for user in tenant.users.values.sorted(by: { $0.id < $1.id }) {
                json.openObject()
                json.member("userId", user.id)
                json.member("orgId", user.organizationID)
                json.member("username", user.username)
                json.member("kind", user.isMachine ? "machine" : "human")
                json.member("state", user.state.rawValue)
                add("groups", user.groups, to: &json)
                add(tenant.grants.values.filter { $0.userID == user.id }, to: &json)
                json.closeObject()
            }
            json.closeArray()
        }
    }

    /// `refused` counts by status; `pending` is zero when the queue is drained.
    static func statistics(_ simulation: Simulation) -> String {
        let (counts, pending) = simulation.queue.statistics
        return object { json in
            json.member("events", simulation.read { $0.tenant.store.events.count })
            json.member("delivered", counts.delivered)
            json.name("refused")
            json.openObject()
            for (status, count) in counts.refused.sorted(by: { $0.key < $1.key }) { json.member("\(status)", count) }
            json.closeObject()
            json.member("unreachable", counts.unreachable)
            json.member("dropped", counts.dropped)
            json.member("pending", pending)
        }
    }

    static func error(_ error: SimulatorError) -> String {
        object { $0.member("error", error.description) }
    }

    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("Texts and numbers can be encoded.") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func object(_ write: (inout JSONOutput) -> Void) -> String {
        var json = JSONOutput()
        json.openObject()
        write(&json)
        json.closeObject()
        return json.text
    }

    private static func add(_ events: [StoredEvent], to json: inout JSONOutput) {
        add("events", events.map(\.id), to: &json)
    }

    private static func add(_ name: String, _ values: [String], to json: inout JSONOutput) {
        json.name(name)
        json.openArray()
        for value in values { json.string(value) }
        json.closeArray()
    }

    private static func add(_ grants: [Grant], to json: inout JSONOutput) {
        json.name("grants")
        json.openArray()
        for grant in grants.sorted(by: { $0.id < $1.id }) {
            json.openObject()
            json.member("grantId", grant.id)
            json.member("projectId", grant.projectID)
            add("roles", grant.roleKeys, to: &json)
            json.closeObject()
        }
        json.closeArray()
    }
}
