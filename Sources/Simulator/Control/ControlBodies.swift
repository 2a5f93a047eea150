import Foundation

/// Bodies of control requests that are not in the tenant's own words.
enum ControlBody {
    struct Named: Codable, Sendable {
        var name: String
        /// Id or name of the organization, for a project.
        var org: String?
    }

    struct Groups: Codable, Sendable {
        var groups: [String]
    }

    struct Roles: Codable, Sendable {
        var roles: [String]
    }
}

/// Any event at all, to try what the commands cannot make: the query says what it is, the body is its payload.
///
/// `POST /events?type=user.locked&aggregateType=user&aggregateId=310…&resourceOwner=300…`
struct RawEvent {
    let event: NewEvent

    /// - Parameter body: one JSON object, or nothing for an event without payload.
    init(query: [Substring: Substring], body: [UInt8]) throws(SimulatorError) {
        func required(_ name: String) throws(SimulatorError) -> String {
            guard let value = query[name[...]], !value.isEmpty else {
                throw .invalid("the query parameter \(name) is missing")
            }
            guard !value.utf8.contains(where: { $0 < 0x20 }) else {
                throw .invalid("the query parameter \(name) has a control character")
            }
            return String(value)
        }
        let aggregate = Aggregate(
            type: try required("aggregateType"), id: try required("aggregateId"),
            resourceOwner: query["resourceOwner"].map(String.init) ?? "")
        var payload: String?
        if !body.isEmpty {
            guard (try? JSONSerialization.jsonObject(with: Data(body))) is [String: Any] else {
                throw .invalid("the payload is no JSON object")
            }
            payload = GoJSON.compacted(body)
        }
        event = NewEvent(aggregate: aggregate, type: try required("type"), payload: payload)
    }
}
