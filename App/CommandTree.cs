using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using Cmud.App.Play;
using Cmud.App.Serve;
using Cmud.Client;
using Cmud.Game.Play;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.App;

/// <summary>The commands of <c>cmud</c>: what may be typed, and what it does.</summary>
/// <remarks>Exit codes: 0 done, 1 the key is absent or replicas differ, 2 anything wrong, 3 a script's expectation was not met; the last two with one line on the error stream.</remarks>
internal sealed class CommandTree
{
    private const int Done = 0;
    private const int Absent = 1;
    private const int Failed = 2;

    private readonly Streams _streams;
    private readonly Reception _reception;
    private readonly Func<PlayOptions, ICmudClient, CancellationToken, Task<int>> _play;
    private readonly Func<ServeOptions, ICmudClient, CancellationToken, Task<int>> _serve;
    private readonly RootCommand _root;

    private readonly Option<IReadOnlyList<ServerAddress>> _server = new("--server")
    {
        Description = "The servers to use, wished-for first; any of them is enough.",
        HelpName = "HOST:PORT,...",
        Recursive = true,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = static _ => [ServerAddress.Default],
        CustomParser = ParseServers,
    };

    private readonly CertificateOptions _certificates = new();

    private readonly Option<int?> _grain = new("--grain")
    {
        Description = "Asks always this query grain of a server, 0 and up, instead of a random one.",
        HelpName = "I",
        Recursive = true,
        CustomParser = ParseGrain,
    };

    private readonly Option<TimeSpan?> _ttl = new("--ttl")
    {
        Description = "How long the key is there, as in 1500ms, 30s, 5m, 2h or 7d; for ever where left out.",
        HelpName = "TIME",
        CustomParser = ParseTimeToLive,
    };

    private readonly Option<Visibility?> _wait = new("--wait")
    {
        Description = "Waits until every query grain shows it: of the server that takes it (here), or of all its members (everywhere).",
        HelpName = "here|everywhere",
        CustomParser = ParseWait,
    };

    private readonly Option<TimeSpan?> _within = new("--within")
    {
        Description = "How long --wait waits, as in 500ms, 5s or 1m; 5s where left out.",
        HelpName = "TIME",
        CustomParser = static result => OperatorCommands.ParseWithin(result, "--within"),
    };

    private readonly Option<string?> _from = new("--from")
    {
        Description = "Goes on after an event, by the position that --json prints with it; or now: only what changes from now on.",
        HelpName = "POSITION|now",
    };

    private readonly Option<bool> _plain = new("--plain") { Description = "Plays without cursor moves." };
    private readonly Option<bool> _screenReader = new("--screen-reader") { Description = "Plays without cursor moves, tables and drawings, for one who listens." };
    private readonly Option<string?> _script = new("--script") { Description = "Plays the lines of a file; so does an input that is no terminal.", HelpName = "FILE" };
    private readonly Option<ColorChoice> _color = new("--color") { Description = "Whether to colour.", HelpName = "auto|always|never", CustomParser = ParseColor };

    private readonly Option<bool> _json = new("--json") { Description = "Prints JSON, an object a line.", Recursive = true };

    /// <summary>The tree.</summary>
    /// <param name="streams">Where commands read and write.</param>
    /// <param name="connect">Makes the client that they use.</param>
    /// <param name="play">Plays the game until the player leaves; gives the exit code.</param>
    /// <param name="serve">Hosts the game for others until it is told to stop; gives the exit code.</param>
    /// <param name="time">The clock of the waits for a connection; the system's where left out.</param>
    public CommandTree(
        Streams streams,
        Func<CmudClientOptions, CancellationToken, Task<ICmudClient>> connect,
        Func<PlayOptions, ICmudClient, CancellationToken, Task<int>> play,
        Func<ServeOptions, ICmudClient, CancellationToken, Task<int>> serve,
        TimeProvider? time = null)
    {
        (_streams, _reception, _play, _serve) = (streams, new(streams, connect, time ?? TimeProvider.System), play, serve);
        _root = new RootCommand("CMUD, the CMU game, and a client of the key-value store that it is played on. Without a command it plays. A key or value that looks like an option goes after --, as in: cmud put key -- --value")
        {
            _server, _grain, _json, _certificates.Authority, _certificates.Certificate, _certificates.Key, Play(), Serve(), Get(), Put(), Delete(), List(), Watch(), Shell(), Help(),
        };
        foreach (var command in new OperatorCommands(streams, _server, _json, _certificates).All()) _root.Add(command);
        _root.Add(new TokenCommands(streams, _server, _json, _certificates).All());
        _root.Add(new CertificateCommands(streams, time ?? TimeProvider.System).All());
        AddPlay(_root);

        // Without /h, /? and -?: they are values.
        if (_root.Options.OfType<HelpOption>().FirstOrDefault() is { } help) _root.Options.Remove(help);
        _root.Add(new HelpOption("--help", "-h"));
    }

    /// <summary>Runs a command line; never throws for what a user or a server did.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken = default)
    {
        // A value may begin with @ or - and means itself.
        var parsed = _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            await FailAsync($"{Complaint(parsed)} Try: cmud --help");
            return Failed;
        }

        try
        {
            // No handling of signals: Ctrl-C ends a client at once, which leaves nothing half done.
            await using var help = new StringWriter();
            var code = await parsed.InvokeAsync(
                new() { Output = parsed.Action is HelpAction ? help : _streams.Out, Error = _streams.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                cancellationToken);
            await _streams.Out.WriteAsync(Bracketed(WithoutIdle(help.ToString(), parsed.CommandResult.Command.Name)));
            return code;
        }
        catch (Exception e) when (e is CmudException or IOException)
        {
            await FailAsync(e.Message);
            return Failed;
        }
    }

    /// <summary>What is wrong with a command line; a slip in the name of a command gets a suggestion.</summary>
    private string Complaint(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command != _root && command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0)
            return $"cmud {command.Name} has to be told what to do: {string.Join(", ", command.Subcommands.Select(static verb => verb.Name))}.";
        if (command == _root && parsed.UnmatchedTokens is [var typed, ..] && _root.Subcommands.FirstOrDefault(near => VerbTable.IsNear(typed.ToLowerInvariant(), near.Name)) is { } meant)
            return $"There is no command '{typed}'; did you mean {meant.Name}?";
        return string.Join(' ', parsed.Errors.Select(static error => error.Message));
    }

    /// <summary>The list of commands names an argument that may be left out as if it were required.</summary>
    private string Bracketed(string help) =>
        _root.Subcommands.SelectMany(command => command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues == 0).Select(argument => (Command: command.Name, argument.Name)))
            .Aggregate(help, (text, optional) => text.Replace($"  {optional.Command} <{optional.Name}>", $"  {optional.Command} [{optional.Name}]", StringComparison.Ordinal));

    /// <summary>Options that every command takes and some have no use for, left out of the help of those.</summary>
    private static string WithoutIdle(string help, string command)
    {
        string[] idle = command switch
        {
            "play" or "serve" or "help" => ["--grain", "--json"],
            "shell" => ["--json"],
            "verify" or "explain" or "members" or "backup" or "token" or "create" or "revoke" => ["--grain"],
            "forget" => ["--grain", "--json"],
            "restore" or "cert" or "init" => ["--grain", "--json", "--server", "--ca", "--cert", "--key"],
            _ => [],
        };
        var (kept, isIdle) = (new List<string>(), false);
        foreach (var line in help.Split('\n'))
        {
            // What an option says may go on in lines that begin far to the right.
            if (!line.StartsWith("      ", StringComparison.Ordinal)) isIdle = Array.Exists(idle, option => line.TrimStart().StartsWith(option, StringComparison.Ordinal));
            if (!isIdle) kept.Add(line);
        }

        return string.Join('\n', kept);
    }

    private static Argument<string> Key => new("KEY") { Description = "The key." };

    private static IReadOnlyList<ServerAddress>? ParseServers(ArgumentResult result)
    {
        try
        {
            return ServerList.Parse(string.Join(',', result.Tokens.Select(static token => token.Value)));
        }
        catch (CmudException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }

    private static int? ParseGrain(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var grain)) return grain;

        result.AddError($"--grain is '{text}' but must be a whole number, 0 or more: the key of a query grain.");
        return null;
    }

    private static TimeSpan? ParseTimeToLive(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var complaint = Duration.TryParse(text, out var duration)
            ? Door.RefuseTimeToLive(duration)
            : $"--ttl is '{text}' but must be a whole number and a unit, as in 1500ms, 30s, 5m, 2h or 7d.";
        if (complaint is null) return duration;

        result.AddError(complaint);
        return null;
    }

    private static Visibility? ParseWait(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (text == "here") return Visibility.Here;
        if (text == "everywhere") return Visibility.Everywhere;

        result.AddError($"--wait is '{text}' but must be here or everywhere.");
        return null;
    }

    private static ColorChoice ParseColor(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (Enum.TryParse<ColorChoice>(text, ignoreCase: true, out var color) && Enum.IsDefined(color)) return color;

        result.AddError($"--color is '{text}' but must be auto, always or never.");
        return ColorChoice.Auto;
    }

    private Task FailAsync(string sentence) => _streams.Error.WriteLineAsync(sentence.ReplaceLineEndings(" "));

    private Command Play()
    {
        var command = new Command("play", "Plays the game.");
        AddPlay(command);
        return command;
    }

    /// <summary>Makes a command play.</summary>
    private void AddPlay(Command command)
    {
        Option[] options = [_plain, _screenReader, _script, _color];
        foreach (var option in options) command.Add(option);
        SetAction(command, Reception.Patience, (client, parsed, cancellationToken) => _play(
            new(parsed.GetValue(_plain), parsed.GetValue(_screenReader), parsed.GetValue(_script), parsed.GetValue(_color)), client, cancellationToken));
    }

    private Command Serve()
    {
        var serve = new ServeCommand();
        var command = serve.Define();
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = serve.Read(parsed);
            if (options.Refuse() is { } refusal)
            {
                await FailAsync($"{refusal} Try: cmud --help");
                return Failed;
            }

            await using var client = await _reception.ConnectAsync(Options(parsed), Reception.Patience, cancellationToken);
            return await _serve(options, client, cancellationToken);
        });
        return command;
    }

    private Command Get()
    {
        var key = Key;
        return Define("get", "Prints the value of a key.", [key], async (client, parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(key);
            if (parsed.GetValue(_json))
            {
                var reading = await client.ReadAsync(name, cancellationToken);
                await _streams.Out.WriteLineAsync(JsonLine.Of(name, reading));
                return reading.Value is null ? Absent : Done;
            }

            var value = await client.GetAsync(name, cancellationToken);
            if (value is not null) await _streams.Out.WriteLineAsync(value);
            else await FailAsync("Not present");
            return value is null ? Absent : Done;
        });
    }

    private Command Put()
    {
        var (key, value) = (Key, new Argument<string>("VALUE") { Description = "The value; may be empty." });
        var command = Define("put", "Sets a key.", [key, value], async (client, parsed, cancellationToken) =>
        {
            var receipt = await client.PutAsync(parsed.GetRequiredValue(key), parsed.GetRequiredValue(value), parsed.GetValue(_ttl), cancellationToken);
            var code = await ConfirmAsync(receipt, parsed);
            if (parsed.GetValue(_wait) is { } where) await client.WaitVisibleAsync(receipt, where, parsed.GetValue(_within) ?? OperatorCommands.DefaultWithin, cancellationToken);
            return code;
        });
        foreach (var option in (Option[])[_ttl, _wait, _within]) command.Add(option);
        return command;
    }

    private Command Delete()
    {
        var key = Key;
        return Define("delete", "Deletes a key, absent or not.", [key], async (client, parsed, cancellationToken) =>
            await ConfirmAsync(await client.DeleteAsync(parsed.GetRequiredValue(key), cancellationToken), parsed));
    }

    private async Task<int> ConfirmAsync(PutReceipt receipt, ParseResult parsed)
    {
        await _streams.Out.WriteLineAsync(parsed.GetValue(_json) ? JsonLine.Of(receipt) : "Ok");
        return Done;
    }

    private Command List()
    {
        var prefix = new Argument<string>("PREFIX") { Description = "What the keys start with; all keys where left out.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = static _ => "" };
        return Define("list", @"Prints keys and their values in order, parted by a tab, with \t \n \r \\ and \uXXXX as escapes.", [prefix], async (client, parsed, cancellationToken) =>
        {
            var json = parsed.GetValue(_json);
            await foreach (var (key, value) in client.ListAsync(parsed.GetRequiredValue(prefix), cancellationToken))
                await _streams.Out.WriteLineAsync(json ? JsonLine.Of(key, value) : $"{TextEscape.Escape(key)}\t{TextEscape.Escape(value)}");
            return Done;
        });
    }

    private Command Watch()
    {
        var prefix = new Argument<string>("PREFIX") { Description = "What the keys start with; all keys where left out.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = static _ => "" };
        var command = Define("watch", @"Prints keys and their values as list does, and then each change as it comes, until Ctrl-C; of a deleted key no value and no tab.", [prefix], async (client, parsed, cancellationToken) =>
        {
            var json = parsed.GetValue(_json);
            await foreach (var one in client.WatchAsync(parsed.GetRequiredValue(prefix), parsed.GetValue(_from), cancellationToken))
            {
                if (json) await _streams.Out.WriteLineAsync(JsonLine.Of(one));
                else if (one.Kind is WatchEventKind.Put) await _streams.Out.WriteLineAsync($"{TextEscape.Escape(one.Key)}\t{TextEscape.Escape(one.Value!)}");
                else if (one.Kind is WatchEventKind.Delete) await _streams.Out.WriteLineAsync(TextEscape.Escape(one.Key));
                await _streams.Out.FlushAsync(cancellationToken);
            }

            return Done;
        });
        command.Add(_from);
        return command;
    }

    private Command Shell() => Define("shell", "Reads Get, Put, Delete and List, a line each, and answers them.", [], async (client, _, cancellationToken) =>
    {
        await new Shell(client, _streams).RunAsync(cancellationToken);
        return Done;
    });

    private Command Help()
    {
        var name = new Argument<string?>("COMMAND") { Description = "One of the above; all of them where left out.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("help", "Prints this, or more about one command.") { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(name) is { } one ? [one, "--help"] : ["--help"], cancellationToken));
        return command;
    }

    /// <summary>A command that runs with a connected client.</summary>
    private Command Define(
        string name, string description, IEnumerable<Argument> arguments, Func<ICmudClient, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var argument in arguments) command.Add(argument);
        SetAction(command, Reception.CommandPatience, run);
        return command;
    }

    private void SetAction(Command command, TimeSpan patience, Func<ICmudClient, ParseResult, CancellationToken, Task<int>> run) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = await _reception.ConnectAsync(Options(parsed), patience, cancellationToken);
            return await run(client, parsed, cancellationToken);
        });

    private CmudClientOptions Options(ParseResult parsed)
    {
        var options = new CmudClientOptions { Servers = parsed.GetRequiredValue(_server), Tls = _certificates.Read(parsed) };
        if (parsed.GetValue(_grain) is { } grain) options.Router = new NearestRouter(options.Random, grain);
        return options;
    }
}
