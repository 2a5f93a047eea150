import Synchronization

/// Where the tasks that wait for an answer meet the thread that moves the transfers.
///
/// Whoever takes a waiting task out resumes it: the thread with an answer, a cancellation, or `close`.
final class TransferQueue: Sendable {
    typealias Answer = Result<HTTPResponse, HTTPFailure>

    /// What the thread has to do.
    struct Work {
        var starts: [(id: UInt64, request: HTTPRequest)] = []
        var aborts: [UInt64] = []
        var isClosed = false
    }

    private struct State {
        var lastID: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
        var work = Work()
    }

    /// Tasks that wait for an answer.
    private static let waitingMax = 64

    let multi: CurlMulti
    private let state = Mutex(State())

    init(_ multi: CurlMulti) {
        self.multi = multi
    }

    func newID() -> UInt64 {
        state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    func submit(_ request: HTTPRequest, id: UInt64, _ continuation: CheckedContinuation<Answer, Never>) {
        let refusal: HTTPFailure? = state.withLock { state in
            if state.work.isClosed { return .cancelled }
            if state.waiting.count >= Self.waitingMax { return .busy }
            state.waiting[id] = continuation
            state.work.starts.append((id, request))
            return nil
        }
        if let refusal { continuation.resume(returning: .failure(refusal)) } else { multi.wakeUp() }
    }

    /// The task goes on at once; the transfer is given up a moment later.
    func cancel(_ id: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard let continuation = state.waiting.removeValue(forKey: id) else { return nil }
            state.work.starts.removeAll { $0.id == id }
            state.work.aborts.append(id)
            return continuation
        }
        guard let continuation else { return }
        continuation.resume(returning: .failure(.cancelled))
        multi.wakeUp()
    }

    func finish(_ id: UInt64, _ answer: Answer) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: answer)
    }

    func close() {
        let waiting = state.withLock { state in
            state.work = Work(isClosed: true)
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: .failure(.cancelled)) }
        multi.wakeUp()
    }

    func take() -> Work {
        state.withLock { state in
            defer { state.work = Work(isClosed: state.work.isClosed) }
            return state.work
        }
    }
}
