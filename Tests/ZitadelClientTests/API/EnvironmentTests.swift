import Foundation
import Glibc
import TestSupport
import Testing

@testable import ZitadelClient

// One after the other: openssl would inherit the pipe by which a test's own process reports, and keep it open.
@Suite("Proxies and TLS", .serialized)
struct EnvironmentTests {
    // In processes of their own: the environment is one for all tests that run beside these.

    @Test("A proxy of the environment is used, except for hosts that need none")
    func proxy() async throws {
        await #expect(processExitsWith: .success) {
            let proxy = ScriptedServer(.answer(200, "from the proxy"))
            let direct = ScriptedServer(.answer(200, "direct"))
            setenv("http_proxy", proxy.url, 1)
            setenv("no_proxy", "127.0.0.1", 1)
            let transport = HTTPTransport(certificates: nil)
            let first = try await transport.send(.get("http://zitadel.invalid/path"))
            #expect(String(decoding: first.body, as: UTF8.self) == "from the proxy")
            #expect(proxy.requests.map(\.path) == ["http://zitadel.invalid/path"])
            let second = try await transport.send(.get(direct.url))
            #expect(String(decoding: second.body, as: UTF8.self) == "direct")
        }
    }

    @Test("A proxy's password is not repeated, and the token does not go to it in a CONNECT")
    func proxySecrets() async throws {
        await #expect(processExitsWith: .success) {
            setenv("http_proxy", "nonsense://user:PASSWORD@127.0.0.1:1", 1)
            let transport = HTTPTransport(certificates: nil)
            let failure = await httpFailure { try await transport.send(.get("http://zitadel.invalid/")) }
            #expect(failure?.kind == .transport)
            #expect(failure?.reason.contains("PASSWORD") == false)
            let proxy = ScriptedServer(.answer(407))
            setenv("https_proxy", proxy.url, 1)
            var request = HTTPRequest.get("https://zitadel.invalid/")
            request.headers = ["authorization: Bearer SECRET"]
            _ = await httpFailure { try await transport.send(request) }
            #expect(proxy.requests.map(\.method) == ["CONNECT"])
            #expect(proxy.requests.first?.headers["authorization"] == nil)
        }
    }

    @Test("SSL_CERT_FILE names the authorities")
    func certificatesOfEnvironment() async {
        await #expect(processExitsWith: .success) {
            unsetenv("SSL_CERT_FILE")
            #expect(HTTPTransport.certificatesOfEnvironment == nil)
            setenv("SSL_CERT_FILE", "", 1)
            #expect(HTTPTransport.certificatesOfEnvironment == nil)
            setenv("SSL_CERT_FILE", "/some/file.pem", 1)
            #expect(HTTPTransport.certificatesOfEnvironment == "/some/file.pem")
        }
    }

    @Test("A certificate that nobody vouches for is refused before anything is sent; a trusted one is not")
    func verification() async throws {
        let server = try await TLSServer()
        defer { server.stop() }
        let strict = HTTPTransport(certificates: nil)
        let refused = await httpFailure { try await strict.send(.get("https://localhost:\(server.port)/")) }
        #expect(refused?.reason.lowercased().contains("certificate") == true)
        #expect(refused?.wasSent == false)
        let trusting = HTTPTransport(certificates: server.certificate)
        #expect(try await trusting.send(.get("https://localhost:\(server.port)/")).status == 200)
        let otherName = await httpFailure { try await trusting.send(.get("https://127.0.0.1:\(server.port)/")) }
        #expect(otherName?.kind == .transport)
        #expect(otherName?.wasSent == false)
    }

    @Test("TLS older than 1.2 is refused")
    func oldTLS() async throws {
        let server = try await TLSServer(options: ["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"])
        defer { server.stop() }
        let transport = HTTPTransport(certificates: server.certificate)
        let failure = await httpFailure { try await transport.send(.get("https://localhost:\(server.port)/")) }
        #expect(failure?.kind == .transport)
        #expect(failure?.wasSent == false)
    }
}

/// `openssl s_server` with a certificate for `localhost` that it signed itself.
private final class TLSServer {
    let port: Int
    let certificate: String
    private let folder: URL
    private let process = Process()

    init(options: [String] = []) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appending(path: "certificate.pem").path
        let key = folder.appending(path: "key.pem").path
        port = FreePort.next()
        let request = Process()
        request.executableURL = URL(filePath: "/usr/bin/openssl")
        request.arguments =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
        request.standardError = FileHandle.nullDevice
        try request.run()
        request.waitUntilExit()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments =
            ["s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key] + options
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let port = port
        try await eventually("openssl listens") { Self.accepts(port) }
    }

    func stop() {
        // It inherits a signal mask that keeps SIGTERM from it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = Loopback.socket()
        defer { close(descriptor) }
        return Loopback.call(descriptor, port: port) { connect($0, $1, $2) } == 0
    }
}
