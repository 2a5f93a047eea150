/// The calls of Zitadel's API, as metrics name them.
package enum ZitadelOperation: String, Sendable, CaseIterable {
    case health
    case instance
    case eventsSearch = "events_search"
    case eventTypes = "event_types"
    case actionsProbe = "actions_probe"
    case targetsSearch = "targets_search"
    case targetCreate = "target_create"
    case targetUpdate = "target_update"
    case targetRotateKey = "target_rotate_key"
    case targetDelete = "target_delete"
    case executionsSearch = "executions_search"
    case executionSet = "execution_set"
}

/// What came of one request, as metrics name it.
package enum ZitadelRequestOutcome: String, Sendable, CaseIterable {
    case success
    /// 3xx.
    case redirect
    /// 4xx.
    case clientError = "client_error"
    /// 5xx and what is no HTTP status.
    case serverError = "server_error"
    case unreachable
    case malformedAnswer = "malformed_answer"
    case tooLarge = "too_large"
    case cancelled

    init(_ error: ZitadelAPIError) {
        self =
            switch error.kind {
            case .unreachable: .unreachable
            case .malformedAnswer: .malformedAnswer
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            case .refused:
                switch error.status ?? 0 {
                case 300..<400: .redirect
                case 400..<500: .clientError
                default: .serverError
                }
            }
    }
}

/// Is told of every request, repeated ones too. Called on the caller's executor: must not block.
package protocol ZitadelAPIObserver: Sendable {
    func requestEnded(_ operation: ZitadelOperation, _ outcome: ZitadelRequestOutcome, after: Duration)
}
