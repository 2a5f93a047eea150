import CRdKafka
import Synchronization

/// SASL user and password that may be replaced while clients use them.
///
/// librdkafka takes the new ones the next time it authenticates; connections that stand are not broken (rdkafka.h,
/// `rd_kafka_sasl_set_credentials`). For PLAIN and SCRAM.
package final class KafkaCredentials: Sendable {
    private struct WeakHandle: Sendable {
        weak var handle: KafkaHandle?
    }

    private struct State: Sendable {
        var password: String
        var clients: [WeakHandle] = []
    }

    private let username: String
    private let state: Mutex<State>

    package init(username: String, password: String) {
        self.username = username
        state = Mutex(State(password: password))
    }

    /// Every client, those that run and those to come, logs in with this from now on.
    package func replace(password: String) {
        // Inside the lock, or a client that is adopted just now could be left with the password before.
        state.withLock { state in
            state.password = password
            for client in state.clients { client.handle.map { logIn($0, password) } }
        }
    }

    func adopt(_ handle: KafkaHandle) {
        state.withLock { state in
            state.clients.removeAll { $0.handle == nil }
            state.clients.append(WeakHandle(handle: handle))
            // The password may have been replaced since the client's properties were filled in.
            logIn(handle, state.password)
        }
    }

    private func logIn(_ handle: KafkaHandle, _ password: String) {
        // Refused only for a client without SASL, which has no use for it.
        if let error = rd_kafka_sasl_set_credentials(handle.client, username, password) {
            rd_kafka_error_destroy(error)
        }
    }
}
