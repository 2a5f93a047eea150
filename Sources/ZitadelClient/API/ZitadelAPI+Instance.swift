extension ZitadelAPI {
    /// Whether Zitadel is ready to serve; asks without a token.
    package func health() async throws(ZitadelAPIError) {
        try await perform(
            ZitadelCall(operation: .health, method: .get, path: "/debug/ready", needsToken: false)
        ) { _ throws(ZitadelAPIError) in }
    }

    package func instance() async throws(ZitadelAPIError) -> ZitadelInstance {
        let call = ZitadelCall(operation: .instance, method: .get, path: "/admin/v1/instances/me")
        return try await perform(call) { (response) throws(ZitadelAPIError) in
            let answer = try ZitadelJSON.decode(InstanceAnswer.self, response).instance
            guard let id = answer?.id, !id.isEmpty else {
                throw ZitadelAPIError(.malformedAnswer, status: response.status, message: "the instance has no id")
            }
            return ZitadelInstance(id: id, name: answer?.name ?? "", version: answer?.version ?? "")
        }
    }

    package func eventTypes() async throws(ZitadelAPIError) -> [String] {
        let call = ZitadelCall(
            operation: .eventTypes, method: .post, path: "/admin/v1/events/types/_search", body: Array("{}".utf8))
        return try await perform(call) { (response) throws(ZitadelAPIError) in
            let answer = try ZitadelJSON.decode(EventTypesAnswer.self, response)
            return answer.eventTypes?.compactMap(\.type) ?? []
        }
    }
}

/// Zero values are left out of Zitadel's JSON (`internal/api/grpc/server/gateway.go`), so every member is optional.
private struct InstanceAnswer: Decodable {
    struct Instance: Decodable {
        let id: String?
        let name: String?
        let version: String?
    }

    let instance: Instance?
}

private struct EventTypesAnswer: Decodable {
    struct EventType: Decodable {
        let type: String?
    }

    let eventTypes: [EventType]?
}
