import Hummingbird

/// The administrator's API of the instance and its events.
extension ZitadelAPI {
    func addEvents(to router: Router<BasicRequestContext>) {
        on(router, .get, "admin/v1/instances/me", requires: .read) { _ throws(GatewayError) in instance() }
        on(router, .post, "admin/v1/events/_search", requires: .read) { call throws(GatewayError) in
            try simulation.page(try EventQuery(call.message))
        }
        on(router, .post, "admin/v1/events/types/_search", requires: .read) { _ throws(GatewayError) in
            let types = simulation.eventTypes.map { SearchItemWriter.localized("EventTypes.", $0, $0) }
            return "{\"eventTypes\":[\(types.joined(separator: ","))]}"
        }
    }

    private func instance() -> String {
        let id = ProtobufJSON.string(configuration.instanceID)
        return "{\"instance\":{\"id\":\(id),\"details\":{\"sequence\":\"1\",\"resourceOwner\":\(id)},"
            + "\"state\":\"STATE_RUNNING\",\"name\":\"Simulated\","
            + "\"version\":\(ProtobufJSON.string(configuration.reportedVersion.text)),"
            + "\"domains\":[{\"domain\":\(ProtobufJSON.string(configuration.instanceHost ?? "localhost")),"
            + "\"primary\":true,\"generated\":true}]}}"
    }
}

extension Simulation {
    /// The types the release knows.
    var eventTypes: [String] { KnownEventTypes.all.filter { !configuration.unknownEventTypes.contains($0) } }

    /// One answer of the events search.
    func page(_ query: EventQuery) throws(GatewayError) -> String {
        let (items, sizeMax) = read { ($0.tenant.store.page(query), $0.faults.faults.messageSizeMax) }
        guard !items.isEmpty else { return "{}" }
        let size = items.reduce(0) { $0 + $1.utf8.count + 1 }
        guard size <= sizeMax else {
            throw GatewayError(
                status: 429, code: 8, message: "grpc: received message larger than max (\(size) vs. \(sizeMax))")
        }
        var text = ""
        text.reserveCapacity(size + 16)
        text += "{\"events\":["
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            text += item
        }
        return text + "]}"
    }

    /// The fault that an API call meets.
    func apiFault(_ path: String) -> Faults.APIFault? { read { $0.faults.apiCalled(path, now: .now) } }
}
