package import Logging
package import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The TLS side of a listener. Takes renewed files without a restart: connections that are open keep the old certificate.
package final class ListenerTLS: Service {
    private struct State {
        var loaded: TLSFiles.Loaded
        /// What the files were when they were loaded, or looked at in vain.
        var seen: [FileIdentity]
    }

    private let files: TLSFiles
    private let listener: String
    private let interval: Duration
    private let logger: Logger
    private let notAfter: Gauge
    private let state: Mutex<State>

    /// - Parameters:
    ///   - listener: in log lines and the metric's label, such as `webhook`.
    ///   - interval: between two looks at the files.
    /// - Throws: when the files cannot be used.
    package init(
        _ files: TLSFiles, listener: String, metrics: MetricsRegistry, interval: Duration = .seconds(10), logger: Logger
    ) throws(TLSFileError) {
        self.files = files
        self.listener = listener
        self.interval = interval
        self.logger = logger
        notAfter = metrics.gauge(
            "listener_tls_certificate_not_after_seconds",
            help: "Seconds since 1970 at which the certificate in use, or one that it hangs on, ends.",
            labels: [MetricPair("listener", listener)])
        let seen = Self.identities(files)
        let loaded = try files.load()
        notAfter.set(loaded.notAfter)
        state = Mutex(State(loaded: loaded, seen: seen))
    }

    /// The first handler of a connection.
    package func makeHandler() -> any ChannelHandler {
        NIOSSLServerHandler(context: state.withLock { $0.loaded.context })
    }

    /// Looks at the files until graceful shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: interval)) != nil { reloadIfChanged() }
        }
    }

    /// Certificate and key are renewed one after the other: while they do not fit together, the old ones stay.
    private func reloadIfChanged() {
        let now = Self.identities(files)
        guard state.withLock({ $0.seen != now }) else { return }
        do throws(TLSFileError) {
            let loaded = try files.load()
            state.withLock { $0 = State(loaded: loaded, seen: now) }
            notAfter.set(loaded.notAfter)
            logger.info("TLS certificate renewed", metadata: ["listener": "\(listener)"])
        } catch {
            state.withLock { $0.seen = now }
            logger.error(
                "TLS files have changed and cannot be used; the old certificate stays",
                metadata: ["listener": "\(listener)", LogKey.reason: "\(error)"])
        }
    }

    private static func identities(_ files: TLSFiles) -> [FileIdentity] {
        [FileIdentity(files.certificate), FileIdentity(files.key)]
    }
}
