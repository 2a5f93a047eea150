import Synchronization

extension ZitadelAPI {
    package func actionsFlavour() async throws(ZitadelAPIError) -> ActionsFlavour {
        if let known = flavour.withLock({ $0 }) { return known }
        return try await probeFlavour()
    }

    /// Runs a call of the Actions API in the flavour that this Zitadel has.
    ///
    /// A flavour that was right once and is not served any more means an upgrade: it is looked for again.
    /// - Parameter isSearch: a refusal may mean that the path is another call's: where `targets/_search` is not served,
    ///   it is the update of a target with that id.
    func withFlavour<Value: Sendable>(
        isSearch: Bool = false, _ body: (ActionsFlavour) async throws(ZitadelAPIError) -> Value
    ) async throws(ZitadelAPIError) -> Value {
        let assumed = try await actionsFlavour()
        do throws(ZitadelAPIError) {
            return try await body(assumed)
        } catch {
            let isRefusedSearch = isSearch && (400..<500).contains(error.status ?? 0)
            guard error.disposition == .unsupported || isRefusedSearch else { throw error }
            let found = try await probeFlavour()
            guard found != assumed else { throw error }
            return try await body(found)
        }
    }

    /// No list path is common to all versions, so each is tried, newest first. Executions and not targets, whose search
    /// path is another call's in other versions.
    private func probeFlavour() async throws(ZitadelAPIError) -> ActionsFlavour {
        var refusal: ZitadelAPIError?
        for candidate in ActionsFlavour.allCases {
            do throws(ZitadelAPIError) {
                try await probe(candidate)
                flavour.withLock { $0 = candidate }
                return candidate
            } catch {
                guard error.disposition == .unsupported else { throw error }
                refusal = refusal ?? error
            }
        }
        flavour.withLock { $0 = nil }
        guard let refusal else { preconditionFailure("There is at least one flavour.") }
        throw refusal
    }

    private func probe(_ candidate: ActionsFlavour) async throws(ZitadelAPIError) {
        let call = ZitadelCall(
            operation: .actionsProbe, method: .post, path: candidate.executionsSearchPath,
            body: ZitadelJSON.encode(ListBody(pagination: .init(offset: "0", limit: 1))))
        do throws(ZitadelAPIError) {
            try await perform(call) { (response) throws(ZitadelAPIError) in
                _ = try ZitadelJSON.decode(NoMembers.self, response)
            }
        } catch {
            // Some versions fail to list executions (Zitadel #10492, #8723): the path is there.
            guard error.status == 500, error.id?.hasPrefix("QUERY-") == true else { throw error }
        }
    }
}
