// Zitadel, proto/zitadel/action/v2/action_service.proto and v2beta; zero values are left out of answers
// (internal/api/grpc/server/gateway.go), so every member of an answer is optional.

struct NoMembers: Codable {}

struct TargetBody: Encodable {
    struct Webhook: Encodable {
        let interruptOnError: Bool
    }

    let name: String
    let endpoint: String
    let timeout: String
    let restWebhook: Webhook
    /// Only `v2` knows it.
    let payloadType: String?

    init(_ wanted: TargetSpecification, _ flavour: ActionsFlavour) {
        name = wanted.name
        endpoint = wanted.endpoint
        timeout = ProtobufDuration.text(milliseconds: wanted.timeoutMilliseconds)
        restWebhook = Webhook(interruptOnError: false)
        payloadType = flavour == .v2 ? "PAYLOAD_TYPE_JSON" : nil
    }
}

struct KeyRotationBody: Encodable {
    /// The only value Zitadel takes: the old key ends at once.
    let expirationSigningKey = "0s"
}

struct TargetAnswer: Decodable {
    let id: String?
    let signingKey: String?
}

struct ExecutionBody: Codable {
    struct Condition: Codable {
        let event: Event?
    }

    struct Event: Codable {
        var event: String?
        var group: String?
        var all: Bool?
    }

    let condition: Condition?
    let targets: [String]?

    init(_ execution: EventExecution) {
        var event = Event()
        switch execution.condition {
        case .event(let type): event.event = type
        case .group(let prefix): event.group = prefix
        case .all: event.all = true
        }
        condition = Condition(event: event)
        targets = execution.targets
    }

    /// Nil for an execution on something else than an event.
    var execution: EventExecution? {
        guard let event = condition?.event else { return nil }
        let when: EventCondition
        if let type = event.event, !type.isEmpty {
            when = .event(type)
        } else if let group = event.group, !group.isEmpty {
            when = .group(group)
        } else if event.all == true {
            when = .all
        } else {
            return nil
        }
        return EventExecution(condition: when, targets: targets ?? [])
    }
}

struct ListedTarget: Decodable {
    struct Call: Decodable {
        let interruptOnError: Bool?
    }

    let id: String?
    let name: String?
    let restWebhook: Call?
    let restCall: Call?
    let restAsync: NoMembers?
    let endpoint: String?
    let timeout: String?
    let payloadType: String?
    let signingKey: String?

    var target: ActionTarget? {
        guard let id, !id.isEmpty else { return nil }
        return ActionTarget(
            id: id, name: name ?? "", kind: kind, endpoint: endpoint ?? "",
            timeoutMilliseconds: timeout.flatMap(ProtobufDuration.milliseconds), payloadType: payloadType,
            signingKey: signingKey)
    }

    private var kind: TargetKind {
        if let restWebhook { return .restWebhook(interruptOnError: restWebhook.interruptOnError ?? false) }
        if let restCall { return .restCall(interruptOnError: restCall.interruptOnError ?? false) }
        return restAsync == nil ? .unknown : .restAsync
    }
}

struct ListBody: Encodable {
    struct Pagination: Encodable {
        /// A number of 64 bits is text in protobuf's JSON.
        let offset: String
        let limit: Int
        var asc = true
    }

    struct Filter: Encodable {
        struct Name: Encodable {
            let targetName: String
            var method = "TEXT_FILTER_METHOD_EQUALS"
        }

        struct Kind: Encodable {
            var executionType = "EXECUTION_TYPE_EVENT"
        }

        var targetNameFilter: Name?
        var executionTypeFilter: Kind?
    }

    let pagination: Pagination
    var filters: [Filter] = []
}

/// A page of targets or executions.
struct ListAnswer<Item: Decodable>: Decodable {
    struct Pagination: Decodable {
        let totalResult: Int?

        private enum Key: CodingKey { case totalResult }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            let text = try? members.decode(String.self, forKey: .totalResult)
            totalResult = text.flatMap { Int($0) } ?? (try? members.decode(Int.self, forKey: .totalResult))
        }
    }

    let items: [Item]
    /// Nil when Zitadel does not say how many there are.
    let total: Int?

    private enum Key: CodingKey { case pagination, details, targets, executions, result }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        let list = [Key.targets, .executions, .result].first(where: members.contains)
        items = try list.flatMap { try members.decodeIfPresent([Item].self, forKey: $0) } ?? []
        let pagination = try members.decodeIfPresent(Pagination.self, forKey: .pagination)
        let details = try members.decodeIfPresent(Pagination.self, forKey: .details)
        total = (pagination ?? details)?.totalResult
    }
}

extension ListAnswer: Sendable where Item: Sendable {}
