using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Tls;
using Cmud.Silo.Access;
using Cmud.Silo.Journal;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cmud.Silo;

/// <summary>The command line of the server: reads the options, starts the server, says when it serves, and waits for its end.</summary>
public sealed class ServerCommand
{
    /// <summary>The exit code of a server that was not started, or could not be; one sentence on standard error says why.</summary>
    public const int Refused = 3;

    /// <summary>The exit code of a server that lost what it cannot go on without (its sync grain): start it again.</summary>
    public const int Failed = 4;

    /// <summary>The exit code of a server whose journal could not be written: look after the disk, then start it again.</summary>
    public const int JournalFailed = 5;

    private const string Help = "run with --help to see the options";

    private readonly TextWriter _output;
    private readonly TextWriter _error;

    /// <summary>The failure of a journal in memory.</summary>
    private static readonly Task<string> NeverFails = new TaskCompletionSource<string>().Task;

    private readonly Option<int> _port = new("--port")
    {
        Description = "Port of the gateway for clients and peers; the ports after it speak RESP, one per query grain",
        HelpName = "PORT",
        DefaultValueFactory = _ => StoreCluster.DefaultPort,
        CustomParser = result => Number(result, ServerOptions.RefusePort),
    };

    private readonly Option<int?> _http = new("--http")
    {
        Description = "Port that speaks HTTP: keys and values, batches, health and metrics [default: none]",
        HelpName = "PORT",
        CustomParser = result => Number(result, ServerOptions.RefuseHttp),
    };

    private readonly Option<int> _count = new("--count")
    {
        Description = $"Number of query grains, 1 to {StoreOptions.MaxQueryGrains}, each with a full replica",
        HelpName = "N",
        DefaultValueFactory = _ => ServerOptions.DefaultQueryGrains,
        CustomParser = result => Number(result, ServerOptions.RefuseCount),
    };

    private readonly Option<ServerAddress[]> _join = new("--join")
    {
        Description = "Gateway of any existing server to join; may be given several times, or as a list with commas",
        HelpName = "HOST:PORT",
        CustomParser = result => Addresses("--join", result),
    };

    private readonly Option<string?> _name = new("--name") { Description = "Label of the server [default: server-PORT]", HelpName = "NAME" };

    private readonly Option<IPAddress> _host = new("--host")
    {
        Description = "Address of this machine to listen on; 0.0.0.0 for all",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = Host,
    };

    private readonly Option<ServerAddress?> _advertise = new("--advertise")
    {
        Description = "What clients and peers dial [default: the address and port listened on]",
        HelpName = "HOST:PORT",
        CustomParser = result => Addresses("--advertise", result) is [var only] ? only : Fail<ServerAddress?>(result, ServerOptions.RefuseAddress("--advertise", Shown(result))),
    };

    private readonly Option<string?> _data = new("--data") { Description = "Data directory of the server [default: data/NAME]", HelpName = "DIR" };

    private readonly Option<Durability> _durability = new("--durability")
    {
        Description = "When a Put is acknowledged: fsync (the disk has it), interval (synced every 100 ms, acknowledged before: a loss of power takes the last 100 ms), memory (as --ephemeral) [default: fsync]",
        HelpName = "fsync|interval|memory",
        CustomParser = result => DurabilityOf(result),
    };

    private readonly Option<long?> _reserve = new("--reserve")
    {
        Description = "Free room to leave on the disk of the data directory; below it Puts are refused [default: 64MiB]",
        HelpName = "SIZE",
        CustomParser = result => ByteSize.TryParse(Shown(result), out var bytes) && bytes <= ServerOptions.MaxReserve
            ? bytes
            : Fail<long?>(result, ServerOptions.RefuseReserve(Shown(result))),
    };

    private readonly Option<bool> _ephemeral = new("--ephemeral") { Description = "Keep everything in memory only: what a server that stops has, the others must have" };

    private readonly Option<GatewayAuth?> _auth = new("--auth")
    {
        Description = "Whether clients of RESP and HTTP need a token (cmud token create) [default: none on loopback, else tokens]",
        HelpName = "tokens|none",
        CustomParser = result => AuthOf(result),
    };

    private readonly Option<int> _rate = new("--rate")
    {
        Description = "Operations a second that a token may ask for; an address may ask for four times as many",
        HelpName = "N",
        DefaultValueFactory = static _ => ServerOptions.DefaultRate,
        CustomParser = result => Number(result, ServerOptions.RefuseRate),
    };

    private readonly Option<int> _namespaceKeys = new("--namespace-keys")
    {
        Description = "Most keys of a namespace",
        HelpName = "N",
        DefaultValueFactory = static _ => (int)ServerOptions.DefaultNamespaceKeys,
        CustomParser = result => Number(result, ServerOptions.RefuseNamespaceKeys),
    };

    private readonly Option<long?> _namespaceBytes = new("--namespace-bytes")
    {
        Description = "Most bytes of keys and values of a namespace [default: 1GiB]",
        HelpName = "SIZE",
        CustomParser = result => ByteSize.TryParse(Shown(result), out var bytes) ? bytes : Fail<long?>(result, ServerOptions.RefuseNamespaceBytes(Shown(result))),
    };

    private readonly Option<string?> _tlsCert = new("--tls-cert") { Description = "Certificate, PEM, that RESP and HTTP show over TLS, with those between it and its CA; read again when it changes [default: no TLS]", HelpName = "FILE" };

    private readonly Option<string?> _tlsKey = new("--tls-key") { Description = "Its private key, PEM", HelpName = "FILE" };

    private readonly Option<string?> _peerCa = new("--peer-ca") { Description = "Certificate, PEM, of the CA that servers and .NET clients must have theirs from: mutual TLS on the gateway [default: no TLS]", HelpName = "FILE" };

    private readonly Option<string?> _peerCert = new("--peer-cert") { Description = "Certificate of that CA, PEM, that this server shows to servers and .NET clients; read again when it changes", HelpName = "FILE" };

    private readonly Option<string?> _peerKey = new("--peer-key") { Description = "Its private key, PEM", HelpName = "FILE" };

    private readonly Option<bool> _insecure = new("--insecure") { Description = "Take upon yourself to serve others than this machine without tokens (--auth none), or in the clear (no certificates)" };

    private readonly Option<string?> _audit = new("--audit") { Description = "Append what operators did and what clients were refused to a file, a JSON object a line", HelpName = "FILE" };

    private readonly Option<bool> _verbose = new("--verbose") { Description = "Log what Orleans and ASP.NET have to say, to standard error" };

    /// <summary>A command line that writes to these.</summary>
    public ServerCommand(TextWriter output, TextWriter error)
    {
        _output = output;
        _error = error;
    }

    /// <summary>Runs a server until it is told to stop.</summary>
    /// <returns>The exit code of the process: 0, <see cref="Refused"/>, <see cref="Failed"/> or, after which the process must end, <see cref="JournalFailed"/>.</returns>
    public async Task<int> Run(IReadOnlyList<string> args)
    {
        var root = new RootCommand("A server of the CmudOrleans key-value store.") { _port, _http, _count, _join, _name, _host, _advertise, _data, _durability, _reserve, _ephemeral, _auth, _rate, _namespaceKeys, _namespaceBytes, _tlsCert, _tlsKey, _peerCa, _peerCert, _peerKey, _insecure, _audit, _verbose };
        root.SetAction((line, _) => (RefuseData(line) ?? RefuseTls(line)) is { } refusal ? Task.FromResult(Refuse(refusal)) : Serve(Read(line)));
        var line = root.Parse(args, new() { ResponseFileTokenReplacer = null });
        if (line.Errors.Count > 0) return Refuse(Sentence(line));
        if (Swallowed(line) is { } swallowed) return Refuse(swallowed);

        // The host answers Ctrl-C and SIGTERM itself, and knows what is to be drained.
        return await line.InvokeAsync(new() { Output = _output, Error = _error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    private ServerOptions Read(ParseResult line) => new()
    {
        Port = line.GetValue(_port),
        Http = line.GetValue(_http),
        QueryGrains = line.GetValue(_count),
        Join = [.. (line.GetValue(_join) ?? []).Distinct()],
        Name = line.GetValue(_name)!,
        Host = line.GetValue(_host)!,
        Advertise = line.GetValue(_advertise),
        Data = IsEphemeral(line) ? null : line.GetValue(_data) ?? Path.Combine("data", NameOf(line)),
        Durability = line.GetValue(_durability),
        Reserve = line.GetValue(_reserve) ?? JournalSettings.DefaultReserve,
        Auth = line.GetValue(_auth),
        Rate = line.GetValue(_rate),
        NamespaceKeys = line.GetValue(_namespaceKeys),
        NamespaceBytes = line.GetValue(_namespaceBytes) ?? ServerOptions.DefaultNamespaceBytes,
        Tls = line.GetValue(_tlsCert) is { } certificate ? new(certificate, line.GetValue(_tlsKey)!) : null,
        MutualTls = line.GetValue(_peerCa) is { } authority ? new(authority, line.GetValue(_peerCert)!, line.GetValue(_peerKey)!) : null,
        Insecure = line.GetValue(_insecure),
        Audit = line.GetValue(_audit),
        Verbose = line.GetValue(_verbose),
        Telemetry = ReadTelemetry(),
    };

    private static Dictionary<string, string> ReadTelemetry() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(static variable => variable.Key is string name && name.StartsWith(Telemetry.Prefix, StringComparison.Ordinal))
        .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "");

    private bool IsEphemeral(ParseResult line) => line.GetValue(_ephemeral) || line.GetValue(_durability) == Durability.Memory;

    private string NameOf(ParseResult line) => new ServerOptions { Port = line.GetValue(_port), Name = line.GetValue(_name)! }.Name;

    /// <summary>Null where the options say one thing about where data goes, else one sentence.</summary>
    private string? RefuseData(ParseResult line)
    {
        if (line.GetValue(_ephemeral) && line.GetResult(_durability) is { Implicit: false } && line.GetValue(_durability) != Durability.Memory)
            return "--ephemeral keeps nothing on disk, but --durability asks for a disk to have it; leave one of them out.";
        if (IsEphemeral(line))
        {
            if (line.GetValue(_data) is null) return null;
            var memory = line.GetValue(_ephemeral) ? "--ephemeral" : "--durability memory";
            return $"{memory} keeps nothing on disk, but --data names a directory for it; leave one of them out.";
        }

        return line.GetValue(_data) is not null || NameOf(line) is var name && name.IndexOfAny(['/', '\\', '\0']) < 0 && name is not ("." or "..")
            ? null
            : $"--name '{name}' cannot name a directory below data/; say with --data DIR where the data goes, or choose another name.";
    }

    /// <summary>Null where certificates have all that belongs to them, else one sentence.</summary>
    private string? RefuseTls(ParseResult line) => RefuseHalf(line, _tlsCert, _tlsKey) ?? RefuseHalf(line, _peerCa, _peerCert, _peerKey);

    private static string? RefuseHalf(ParseResult line, params Option<string?>[] files) =>
        Array.Find(files, file => line.GetValue(file) is null) is { } missing && Array.Find(files, file => line.GetValue(file) is not null) is { } given
            ? $"{given.Name} needs {missing.Name} beside it; give both, or leave them out for no TLS."
            : null;

    private async Task<int> Serve(ServerOptions options)
    {
        if ((options.Refuse() ?? (options.Audit is { } audit ? AuditFile.Refuse(audit) : null) ?? Ports.Refuse(options)) is { } refusal) return Refuse(refusal);
        if (!options.Gateway.TryResolve(out _)) return Refuse(ServerHost.Unresolved(options.Gateway));

        Life life;
        try
        {
            life = await TryServe(options);
            if (life.Fenced is { } fenced) return await Serve(await BeginAnew(options, fenced));
        }
        catch (Exception e) when (e is DataDirectoryException or CertificateException)
        {
            return Refuse(e.Message);
        }

        // At most once per life that was begun under a later clock: the next one is above it.
        if (life.OutlivedBy is { } later) return await Serve(options with { LeastIncarnation = later + 1 });
        if (life.Failure is null) return life.Code;

        // Somebody may have taken a port between the look and the start: look again.
        return Refuse(Ports.Refuse(options) ?? $"The server could not start ({life.Failure}); run it with --verbose to see more.");
    }

    /// <summary>The others turned the server away: puts its data aside, and gives the options with which it begins anew.</summary>
    private async Task<ServerOptions> BeginAnew(ServerOptions options, FencedServer fenced)
    {
        var aside = options.Data is { } data ? SetAside.Move(data, fenced.Held, TimeProvider.System) : null;
        var kept = aside is null ? "" : FormattableString.Invariant($" Its data went to {aside.Directory}, with the {aside.Unreplicated} writes that the others do not have in {SetAside.ExportFile}.");
        await _error.WriteLineAsync($"{options.Name} was turned away by the others: it was forgotten, or its data are older than deletes that were purged since.{kept} It begins anew, empty.");
        ServerAddress[] peers = [.. fenced.Peers.Select(static peer => ServerAddress.TryParse(peer, out var address) ? address : null).OfType<ServerAddress>()];
        return options with { Former = fenced.Former, Join = [.. options.Join.Union(peers)] };
    }

    /// <summary>The exit code after a life as a server, or why it did not begin, or the life that it must begin anew above.</summary>
    private async Task<Life> TryServe(ServerOptions options)
    {
        using var journal = Open(options);
        journal?.ReadAhead();
        var host = ServerHost.Build(options, configureStore: store => store.Journal = journal);
        var failed = journal?.Failed ?? NeverFails;
        try
        {
            var serving = Serve(host, options);
            if (await Task.WhenAny(serving, failed) == serving && !failed.IsCompleted) return await serving;

            // Nothing is drained: what is answered from here on might be lost.
            await _error.WriteLineAsync(await failed);
            return new(host.Lifetime.ApplicationStarted.IsCancellationRequested ? JournalFailed : Refused);
        }
        finally
        {
            if (!failed.IsCompleted) await host.DisposeAsync();
        }
    }

    /// <summary>The same for a host: starts it, says so, and waits for its end.</summary>
    private async Task<Life> Serve(WebApplication host, ServerOptions options)
    {
        var stopping = host.Lifetime.ApplicationStopping;
        var server = host.Services.GetRequiredService<StoreServer>();
        try
        {
            await host.StartAsync();
        }
        catch (Exception) when (server.Fenced is not null || server.OutlivedBy is not null)
        {
            // The others said so before all of it had started.
            return Ended(server);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new(0);
        }
        catch (Exception e)
        {
            // Every reason has the same end here: nothing is served, and a person is told in one sentence.
            return new(Refused, e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.', ' '));
        }

        await Announce(options);
        try
        {
            await host.WaitForShutdownAsync();
        }
        catch (OperationCanceledException)
        {
            // Draining took longer than it may; what was acknowledged is with the peers or will be asked for again.
            await _error.WriteLineAsync($"{options.Name} did not drain in time and ends anyway.");
        }

        return Ended(server);
    }

    private static Life Ended(StoreServer server) => new(server.HasFailed ? Failed : 0, OutlivedBy: server.OutlivedBy, Fenced: server.Fenced);

    private static RocksJournal? Open(ServerOptions options) => options.Data is null ? null : RocksJournal.Open(
        options.Data,
        options.Name,
        new() { Durability = options.Durability, Reserve = options.Reserve, LeastIncarnation = options.LeastIncarnation },
        TimeProvider.System);

    private async Task Announce(ServerOptions options)
    {
        var grains = options.QueryGrains == 1 ? "1 query grain" : FormattableString.Invariant($"{options.QueryGrains} query grains");
        var http = options.Http is { } port ? FormattableString.Invariant($", HTTP{(options.Tls is null ? "" : "S")} on {port}") : "";
        await _output.WriteLineAsync($"{options.Name} ready on {options.Gateway}: {grains}, RESP {(options.Tls is null ? "" : "over TLS ")}on {options.RespPorts}{http}");
        await _output.WriteLineAsync($"Join it: {JoinCommand(options, Ports.ForNext(options))}");
        if (!options.AsksTokens) await _output.WriteLineAsync($"NO ACCESS CONTROL: whoever reaches these ports may read and write everything{(IPAddress.IsLoopback(options.Host) ? ", from this machine only" : "")}; --auth tokens asks clients for tokens.");
        await _output.FlushAsync();
    }

    /// <summary>The command that starts a further server beside this one, on <paramref name="port"/>.</summary>
    public static string JoinCommand(ServerOptions options, int port)
    {
        var host = options.Host.Equals(IPAddress.Loopback) ? "" : $" --host {options.Host}";
        var advertise = options.Advertise is null ? "" : $" --advertise {options.Advertise with { Port = port }}";
        var ephemeral = options.Data is null ? " --ephemeral" : "";
        var tls = options.Tls is { } files ? $" --tls-cert {ShellWord.Of(files.Certificate)} --tls-key {ShellWord.Of(files.Key)}" : "";
        var mutual = options.MutualTls is { } peers ? $" --peer-ca {ShellWord.Of(peers.Authority)} --peer-cert {ShellWord.Of(peers.Certificate)} --peer-key {ShellWord.Of(peers.Key)}" : "";
        var insecure = options.Insecure ? " --insecure" : "";
        // A neighbour that asked nobody would give away what this one guards.
        var auth = options.Auth switch { GatewayAuth.Tokens => " --auth tokens", GatewayAuth.None => " --auth none", _ => "" };
        return FormattableString.Invariant($"dotnet run --project Silo -- --port {port}{host}{advertise}{ephemeral}{auth}{tls}{mutual}{insecure} --join {options.Gateway}");
    }

    private int Refuse(string sentence)
    {
        _error.WriteLine(sentence);
        return Refused;
    }

    /// <summary>A sentence where an option without a value took the next option for it.</summary>
    private static string? Swallowed(ParseResult line) => line.RootCommandResult.Children.OfType<OptionResult>()
        .FirstOrDefault(option => option.Tokens is [{ Value: var value }] && line.RootCommandResult.Command.Options.Any(other => other.Name == value)) is { } option
            ? $"{option.Option.Name} needs a value; {Help}."
            : null;

    /// <summary>One sentence for a line that cannot be read.</summary>
    private string Sentence(ParseResult line)
    {
        if (line.UnmatchedTokens is [var unknown, ..]) return $"'{unknown}' is not an option of the server; {Help}.";

        var error = line.Errors[0];
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0 } option => $"{option.Option.Name} needs a value; {Help}.",
            OptionResult { Tokens.Count: > 1 } option when option.Option != _join => $"{option.Option.Name} may be given only once; {Help}.",
            _ => error.Message,
        };
    }

    private static int Number(ArgumentResult result, Func<string, string> refuse) =>
        int.TryParse(Shown(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : Fail<int>(result, refuse(Shown(result)));

    private static ServerAddress[]? Addresses(string option, ArgumentResult result)
    {
        var addresses = new List<ServerAddress>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (!ServerAddress.TryParse(text.Trim(), out var address)) return Fail<ServerAddress[]?>(result, ServerOptions.RefuseAddress(option, text));
            addresses.Add(address);
        }

        return [.. addresses];
    }

    private static IPAddress? Host(ArgumentResult result)
    {
        var shown = Shown(result);
        if (shown == "localhost") return IPAddress.Loopback;
        return IPAddress.TryParse(shown, out var host) ? host : Fail<IPAddress?>(result, ServerOptions.RefuseHost(shown));
    }

    private static Durability DurabilityOf(ArgumentResult result) => Shown(result) switch
    {
        "fsync" => Durability.Fsync,
        "interval" => Durability.Interval,
        "memory" => Durability.Memory,
        var other => Fail<Durability>(result, ServerOptions.RefuseDurability(other)),
    };

    private static GatewayAuth? AuthOf(ArgumentResult result) => Shown(result) switch
    {
        "tokens" => GatewayAuth.Tokens,
        "none" => GatewayAuth.None,
        var other => Fail<GatewayAuth?>(result, ServerOptions.RefuseAuth(other)),
    };

    private static string Shown(ArgumentResult result) => string.Join(',', result.Tokens.Select(token => token.Value));

    private static T? Fail<T>(ArgumentResult result, string sentence)
    {
        result.AddError(sentence);
        return default;
    }

    /// <summary>How a life as a server ended.</summary>
    /// <param name="Code">The exit code.</param>
    /// <param name="Failure">Why it did not begin; null where it did.</param>
    /// <param name="OutlivedBy">The life that it must begin anew above.</param>
    /// <param name="Fenced">Why it must begin anew, empty.</param>
    private sealed record Life(int Code, string? Failure = null, ulong? OutlivedBy = null, FencedServer? Fenced = null);
}
