/// When an execution runs. Its id is Zitadel's, such as `event/user.human.added`, `event/user.*` or `event`.
struct Condition: Codable, Sendable, Hashable {
    let id: String

    private static let groupSuffix = ".*"

    private init(id: String) {
        self.id = id
    }

    /// Reads the oneof of a request. The group of events comes without `.*`.
    init(_ request: RequestMessage) throws(GatewayError) {
        for kind in ["event", "request", "response", "function"] {
            guard let condition = try request.message(kind) else { continue }
            if try condition.bool("all") {
                self.init(id: kind)
                return
            }
            for (member, suffix) in [
                ("event", ""), ("method", ""), ("service", ""), ("name", ""), ("group", Self.groupSuffix),
            ] {
                if let value = try condition.text(member), !value.isEmpty {
                    let value = value.drop { $0 == "/" }
                    self.init(id: "\(kind)/\(value)\(suffix)")
                    return
                }
            }
        }
        throw .invalid("Errors.Execution.Invalid", id: "ACTION-5m5sd")
    }

    var isEvent: Bool { id == "event" || id.hasPrefix("event/") }

    /// The events an event condition is for: their type, or what it begins with.
    var eventPattern: (text: String, isGroup: Bool)? {
        guard id.hasPrefix("event/") else { return nil }
        let text = id.dropFirst("event/".count)
        return text.hasSuffix(Self.groupSuffix)
            ? (String(text.dropLast(Self.groupSuffix.count)), true) : (String(text), false)
    }

    /// `EXECUTION_TYPE_EVENT` and so on.
    var executionType: String { "EXECUTION_TYPE_" + id.prefix { $0 != "/" }.uppercased() }

    var json: String {
        let kind = id.prefix { $0 != "/" }
        guard kind.count < id.count else { return "{\"\(kind)\":{\"all\":true}}" }
        let value = String(id.dropFirst(kind.count + 1))
        switch kind {
        case "event":
            guard let pattern = eventPattern else { return "{}" }
            let member = pattern.isGroup ? "group" : "event"
            return "{\"event\":{\"\(member)\":\(ProtobufJSON.string(pattern.text))}}"
        case "function": return "{\"function\":{\"name\":\(ProtobufJSON.string(value))}}"
        default:
            let isMethod = value.contains("/")
            let text = isMethod ? "/" + value : value
            return "{\"\(kind)\":{\"\(isMethod ? "method" : "service")\":\(ProtobufJSON.string(text))}}"
        }
    }
}

/// The targets of one condition.
struct Execution: Codable, Sendable, Equatable {
    var condition: Condition
    /// Ids, in the order they are called.
    var targets: [String]
    /// Microseconds since 1970.
    var createdAt: Int64
    var changedAt: Int64

    var json: String {
        let ids = targets.map { ProtobufJSON.string($0) }.joined(separator: ",")
        return "{\"condition\":\(condition.json),\"creationDate\":\"\(ProtobufJSON.timestamp(createdAt))\","
            + "\"changeDate\":\"\(ProtobufJSON.timestamp(changedAt))\",\"targets\":[\(ids)]}"
    }
}
