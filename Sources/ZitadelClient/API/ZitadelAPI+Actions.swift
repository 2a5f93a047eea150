extension ZitadelAPI: ActionsAPI {
    package func targets(named name: String) async throws(ZitadelAPIError) -> [ActionTarget] {
        let filter = ListBody.Filter(targetNameFilter: .init(targetName: name))
        let listed: [ListedTarget] = try await withFlavour(isSearch: true) { (flavour) throws(ZitadelAPIError) in
            try await list(.targetsSearch, flavour.targetsSearchPath, pageSize: 100, filter)
        }
        // Equal bytes: Swift's own comparison takes composed and decomposed letters for the same.
        return listed.compactMap(\.target).filter { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package func createTarget(_ wanted: TargetSpecification) async throws(ZitadelAPIError) -> ActionTarget {
        try await withFlavour { (flavour) throws(ZitadelAPIError) in
            // Not repeated when it may have been served: the name would be taken, by ourselves.
            let call = ZitadelCall(
                operation: .targetCreate, method: .post, path: flavour.targetsPath,
                body: ZitadelJSON.encode(TargetBody(wanted, flavour)), isRepeatable: false)
            return try await perform(call) { (response) throws(ZitadelAPIError) in
                let answer = try ZitadelJSON.decode(TargetAnswer.self, response)
                guard let id = answer.id, !id.isEmpty else {
                    throw ZitadelAPIError(
                        .malformedAnswer, status: response.status, message: "the new target has no id")
                }
                return ActionTarget(
                    id: id, name: wanted.name, kind: .restWebhook(interruptOnError: false),
                    endpoint: wanted.endpoint, timeoutMilliseconds: wanted.timeoutMilliseconds,
                    signingKey: answer.signingKey)
            }
        }
    }

    package func updateTarget(id: String, to wanted: TargetSpecification) async throws(ZitadelAPIError) {
        try await withFlavour { (flavour) throws(ZitadelAPIError) in
            try await send(
                .targetUpdate, .post, flavour.targetPath(id), ZitadelJSON.encode(TargetBody(wanted, flavour)))
        }
    }

    package func rotateSigningKey(ofTarget id: String) async throws(ZitadelAPIError) -> String {
        try await withFlavour { (flavour) throws(ZitadelAPIError) in
            // Not repeated when it may have been served: of two rotations the key of the earlier is no longer valid.
            let call = ZitadelCall(
                operation: .targetRotateKey, method: .post, path: flavour.targetPath(id),
                body: ZitadelJSON.encode(KeyRotationBody()), isRepeatable: false)
            return try await perform(call) { (response) throws(ZitadelAPIError) in
                guard let key = try ZitadelJSON.decode(TargetAnswer.self, response).signingKey, !key.isEmpty else {
                    throw ZitadelAPIError(
                        .malformedAnswer, status: response.status, message: "the answer holds no signing key")
                }
                return key
            }
        }
    }

    package func deleteTarget(id: String) async throws(ZitadelAPIError) {
        do throws(ZitadelAPIError) {
            try await withFlavour { (flavour) throws(ZitadelAPIError) in
                try await send(.targetDelete, .delete, flavour.targetPath(id), [])
            }
        } catch {
            guard error.status == 404, error.disposition != .unsupported else { throw error }
        }
    }

    package func eventExecutions() async throws(ZitadelAPIError) -> [EventExecution] {
        let filter = ListBody.Filter(executionTypeFilter: .init())
        let listed: [ExecutionBody] = try await withFlavour(isSearch: true) { (flavour) throws(ZitadelAPIError) in
            try await list(.executionsSearch, flavour.executionsSearchPath, pageSize: 1000, filter)
        }
        return listed.compactMap(\.execution)
    }

    package func setExecution(_ execution: EventExecution) async throws(ZitadelAPIError) {
        try await withFlavour { (flavour) throws(ZitadelAPIError) in
            try await send(
                .executionSet, .put, flavour.executionsPath, ZitadelJSON.encode(ExecutionBody(execution)))
        }
    }

    private func send(
        _ operation: ZitadelOperation, _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]
    ) async throws(ZitadelAPIError) {
        let call = ZitadelCall(operation: operation, method: method, path: path, body: body)
        try await perform(call) { (response) throws(ZitadelAPIError) in
            // A page of a proxy must not pass for success.
            _ = try ZitadelJSON.decode(NoMembers.self, response)
        }
    }
}
