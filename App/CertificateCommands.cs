using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Cmud.Grains.Interfaces;

namespace Cmud.App;

/// <summary>cmud cert: makes certificates.</summary>
internal sealed class CertificateCommands(Streams streams, TimeProvider time)
{
    /// <summary>Most names and addresses of a certificate: all of it travels with every handshake.</summary>
    private const int MostHosts = 100;

    /// <summary>What a server on one's own machine is dialled by.</summary>
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "::1"];

    private readonly Option<string> _directory = new("--dir") { Description = "Where the files go; made where it is not there.", HelpName = "DIR", Required = true };

    private readonly Option<string[]> _hosts = new("--host")
    {
        Description = "A name or IP address under which a server is dialled, beside localhost, 127.0.0.1 and ::1; may be given several times. Name those of all servers.",
        HelpName = "NAME_OR_IP",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Hosts,
    };

    /// <summary>The command.</summary>
    public Command All() => new("cert", "Makes certificates for servers and clients.") { Init() };

    private Command Init()
    {
        var command = new Command("init", "Makes a CA of your own, a certificate for servers and one for clients, good for a year, and prints the commands that use them. Asks no server.") { _directory, _hosts };
        command.SetAction(async (parsed, _) =>
        {
            var named = parsed.GetValue(_hosts) ?? [];
            var set = new CertificateSet(parsed.GetRequiredValue(_directory));
            var until = set.Make(Loopback.Union(named), time.GetUtcNow());
            await streams.Out.WriteAsync(Text(set, named, until));
            return 0;
        });
        return command;
    }

    private static string Text(CertificateSet set, string[] named, DateTimeOffset until)
    {
        var (ca, key) = (ShellWord.Of(set.Authority), ShellWord.Of(set.ServerKey));
        var (server, resp) = (ShellWord.Of(set.Server), (StoreCluster.DefaultPort + 1).ToString(CultureInfo.InvariantCulture));
        var tls = $"--tls-cert {server} --tls-key {key} --peer-ca {ca} --peer-cert {server} --peer-key {key}";
        var first = named.Length > 0 ? named[0] : "127.0.0.1";
        var second = named.Length > 1 ? named[1] : first;
        var port = second == first ? StoreCluster.DefaultPort + 10 : StoreCluster.DefaultPort;
        var joined = new ServerAddress(first, StoreCluster.DefaultPort);
        return $"""
            Good until {until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, for {string.Join(", ", Loopback.Union(named))}. Who has {set.AuthorityKey} gets in everywhere: keep it off servers and clients.
            A server:  dotnet run --project Silo --{Listening(first, StoreCluster.DefaultPort)} {tls}
            Another:   dotnet run --project Silo -- --port {port.ToString(CultureInfo.InvariantCulture)}{Listening(second, port)} {tls} --join {joined}
            cmud:      dotnet run --project App -- list --server {joined} --ca {ca} --cert {ShellWord.Of(set.Client)} --key {ShellWord.Of(set.ClientKey)}
            redis-cli: redis-cli -h {first} -p {resp} --tls --cacert {ca} get KEY

            """;
    }

    /// <summary>The options of a server that is dialled there.</summary>
    private static string Listening(string host, int port) =>
        !IPAddress.TryParse(host, out var ip) ? $" --host 0.0.0.0 --advertise {new ServerAddress(host, port)}"
        : IPAddress.IsLoopback(ip) ? ""
        : $" --host {host}";

    private static string[]? Hosts(ArgumentResult result)
    {
        var hosts = new List<string>();
        foreach (var token in result.Tokens)
        {
            if (IPAddress.TryParse(token.Value, out var ip)) hosts.Add(ip.ToString());
            else if (Uri.CheckHostName(token.Value) == UriHostNameType.Dns) hosts.Add(token.Value.ToLowerInvariant());
            else return Fail($"--host is '{token.Value}' but must be a name or an IP address, such as store.example.org or 10.0.0.1.");
        }

        return hosts.Count <= MostHosts ? [.. hosts.Distinct()] : Fail($"--host is given {hosts.Count.ToString(CultureInfo.InvariantCulture)} times but may be at most {MostHosts.ToString(CultureInfo.InvariantCulture)} times; make more certificates.");

        string[]? Fail(string sentence)
        {
            result.AddError(sentence);
            return null;
        }
    }
}
