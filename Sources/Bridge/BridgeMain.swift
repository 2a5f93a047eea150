@main enum BridgeMain { static func main() {} }
