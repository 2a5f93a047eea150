import ArgumentParser
import Foundation
import ServiceRuntime

/// Where the simulator listens that a command drives.
struct ServerOption: ParsableArguments {
    @Option(help: "Control API of the running simulator.")
    var server = "http://127.0.0.1:8090"
}

/// A command that is one request to a running simulator; its answer goes to standard output.
protocol ControlCommand: AsyncParsableCommand {
    var target: ServerOption { get }
    func request() throws -> ControlRequest
}

extension ControlCommand {
    func run() async throws {
        writeToStandardOutput(try await request().send(to: target.server))
    }
}

/// One request of the control API.
struct ControlRequest: Sendable, Equatable {
    var method: String
    var path: String
    var body: [UInt8] = []

    /// Bulk commands take longer than others.
    var timeoutMilliseconds = 10_000

    init(_ method: String, _ path: String) {
        self.method = method
        self.path = path
    }

    init(_ method: String, _ path: String, body: some Encodable) throws {
        self.init(method, path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.body = Array(try encoder.encode(body))
    }

    /// - Returns: the JSON answer, with its line end.
    func send(to server: String) async throws(ControlFailure) -> String {
        let call = HTTPClient.Call(
            method: method, url: server + path, headers: ["Content-Type: application/json"], body: body,
            timeoutMilliseconds: timeoutMilliseconds)
        let result = await onNamedThread("control") { () -> Result<String, ControlFailure> in
            do throws(HTTPClient.Failure) {
                let answer = try HTTPClient().send(call)
                let text = String(decoding: answer.body, as: UTF8.self)
                return answer.status == 200 ? .success(text) : .failure(.refused(status: answer.status, text))
            } catch {
                return .failure(.unreachable(server, error.description))
            }
        }
        return try result.get()
    }

    /// A reference may hold any character.
    static func escaped(_ part: String) -> String {
        part.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? ""
    }
}

enum ControlFailure: Error, CustomStringConvertible {
    case unreachable(String, String)
    case refused(status: Int, String)

    var description: String {
        switch self {
        case .unreachable(let server, let reason):
            return "no simulator answers at \(server): \(reason)"
        case .refused(let status, let text):
            struct Refusal: Decodable { var error: String }
            let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(text.utf8))
            return refusal?.error ?? "the simulator answered \(status)"
        }
    }
}
