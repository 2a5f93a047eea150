extension ZitadelAPI {
    /// Targets or executions that are read at most.
    private static let listMax = 10_000

    /// Every item of a list, page after page.
    func list<Item: Decodable & Sendable>(
        _ operation: ZitadelOperation, _ path: String, pageSize: Int, _ filter: ListBody.Filter
    ) async throws(ZitadelAPIError) -> [Item] {
        var items: [Item] = []
        while true {
            let body = ListBody(
                pagination: .init(offset: String(items.count), limit: pageSize), filters: [filter])
            let call = ZitadelCall(operation: operation, method: .post, path: path, body: ZitadelJSON.encode(body))
            let page = try await perform(call) { (response) throws(ZitadelAPIError) in
                try ZitadelJSON.decode(ListAnswer<Item>.self, response)
            }
            items += page.items
            guard items.count <= Self.listMax else {
                throw ZitadelAPIError(.tooLarge, message: "the list has more than \(Self.listMax) entries")
            }
            let isComplete = page.total.map { items.count >= $0 } ?? (page.items.count < pageSize)
            if page.items.isEmpty || isComplete { return items }
        }
    }
}
