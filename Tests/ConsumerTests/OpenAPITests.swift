import EventContract
import Foundation
import TestSupport
import Testing

@testable import Consumer

/// That answers have the form of the document is tested in Tests/Python, with the running program.
@Suite("The OpenAPI document of the query API")
struct OpenAPITests {
    private struct Document: Decodable {
        struct Operation: Decodable { let parameters: [Parameter] }
        struct Parameter: Decodable {
            let name: String?
            let location: String?
            let reference: String?
            let required: Bool?

            enum CodingKeys: String, CodingKey {
                case name, required
                case location = "in"
                case reference = "$ref"
            }
        }
        let paths: [String: [String: Operation]]
    }

    private static func document() throws -> Document {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../schemas/openapi/zitadel-consumer.openapi.json")
        return try JSONDecoder().decode(Document.self, from: Data(contentsOf: file))
    }

    @Test("It has every resource of the API with its parameters, and no other")
    func routes() throws {
        let paths = try Self.document().paths
        #expect(Set(paths.keys) == Set(QueryRoute.allCases.map(\.rawValue)))
        for route in QueryRoute.allCases {
            let operations = try #require(paths[route.rawValue])
            #expect(Array(operations.keys) == ["get"])
            let names = try #require(operations["get"]).parameters.compactMap { parameter -> String? in
                if let reference = parameter.reference?.split(separator: "/").last {
                    return reference == "ifNoneMatch" ? nil : String(reference)
                }
                return parameter.location == "query" ? parameter.name : nil
            }
            #expect(Set(names) == Set(route.parameters.map(\.rawValue)), "\(route)")
        }
    }

    @Test("What it requires is required")
    func required() throws {
        for (path, operations) in try Self.document().paths {
            let parameters = try #require(operations["get"]).parameters
            let required = parameters.filter { $0.required == true && $0.location == "query" }.compactMap(\.name)
            let resource = path.replacing("{id}", with: "x")
            for missing in required {
                let others = required.filter { $0 != missing }.map { "\($0)=x" }.joined(separator: "&")
                #expect(throws: QueryProblem.badRequest("the parameter \(missing) is missing")) {
                    try Query(QueryTarget("\(resource)?\(others)"))
                }
            }
            _ = try Query(QueryTarget("\(resource)?" + required.map { "\($0)=x" }.joined(separator: "&")))
        }
    }
}
