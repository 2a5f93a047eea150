extension ActionsFlavour {
    private var base: String { self == .v2 ? "/v2/actions" : "/v2beta/actions" }
    private var searchVerb: String { self == .v2betaSearch ? "_search" : "search" }

    var targetsSearchPath: String { "\(base)/targets/\(searchVerb)" }
    var executionsSearchPath: String { "\(base)/executions/\(searchVerb)" }
    var targetsPath: String { "\(base)/targets" }
    var executionsPath: String { "\(base)/executions" }

    func targetPath(_ id: String) -> String { "\(targetsPath)/\(ZitadelCall.segment(id))" }
}
