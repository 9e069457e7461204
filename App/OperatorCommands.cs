using System.CommandLine;
using System.CommandLine.Parsing;
using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.App;

/// <summary>What operators type: verify, explain, members, forget, backup and restore.</summary>
/// <remarks>Exit codes: 0 done, or all is equal; 1 replicas differ; what goes wrong is thrown as one sentence.</remarks>
internal sealed class OperatorCommands(Streams streams, Option<IReadOnlyList<ServerAddress>> server, Option<bool> json, CertificateOptions certificates)
{
    private const int Done = 0;
    private const int Differ = 1;

    /// <summary>How long is waited unless told otherwise.</summary>
    public static readonly TimeSpan DefaultWithin = TimeSpan.FromSeconds(5);

    private readonly Option<TimeSpan?> _within = new("--within")
    {
        Description = "How long a difference must stand until it counts, as in 500ms, 5s or 1m; 5s where left out.",
        HelpName = "TIME",
        CustomParser = static result => ParseWithin(result, "--within"),
    };

    /// <summary>All of them.</summary>
    public IEnumerable<Command> All() => [Verify(), Explain(), Members(), Pairs(), Forget(), Backup(), Restore()];

    /// <summary>Reads a time to wait, of an option of this name.</summary>
    public static TimeSpan ParseWithin(ArgumentResult result, string option)
    {
        var text = result.Tokens.Single().Value;
        if (Duration.TryParse(text, out var duration) && duration > TimeSpan.Zero && duration <= TimeSpan.FromDays(1)) return duration;

        result.AddError($"{option} is '{text}' but must be a number and its unit, more than nothing and at most a day, as in 500ms, 5s or 1m.");
        return default;
    }

    private Command Verify()
    {
        var command = Define("verify", "Compares all replicas of all servers that --server names: equal, or which keys differ.", [], async (servers, parsed, cancellationToken) =>
        {
            var verdict = await servers.VerifyAsync(parsed.GetValue(_within) ?? DefaultWithin, cancellationToken);
            await streams.Out.WriteAsync(parsed.GetValue(json) ? JsonLine.Of(verdict) + "\n" : OperatorText.Of(verdict));
            return verdict.IsEqual ? Done : Differ;
        });
        command.Add(_within);
        return command;
    }

    private Command Explain()
    {
        var key = new Argument<string>("KEY") { Description = "The key." };
        return Define("explain", "Tells all that every replica of the servers knows of a key: its write, where it came from, when, and what it replaced.", [key], async (servers, parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(key);
            var explanations = await servers.ExplainAsync(name, cancellationToken);
            var names = (await servers.MembersAsync(cancellationToken)).SelectMany(static reply => reply.Members).DistinctBy(static member => member.Server).ToDictionary(static member => member.Server, static member => member.Name);
            if (!parsed.GetValue(json)) await streams.Out.WriteLineAsync(TextEscape.Escape(name));
            foreach (var explanation in explanations) await streams.Out.WriteAsync(parsed.GetValue(json) ? JsonLine.Of(name, explanation, names) + "\n" : OperatorText.Of(explanation, names));
            return Done;
        });
    }

    private Command Members() => Define("members", "Prints the servers that each server knows: name, address, id, up or not, round trip, how many writes they are behind, and how far their clocks are off.", [], async (servers, parsed, cancellationToken) =>
    {
        var tables = await servers.MembersAsync(cancellationToken);
        foreach (var (table, view) in tables.Zip(servers.Servers))
        {
            if (!parsed.GetValue(json))
            {
                await streams.Out.WriteAsync(OperatorText.Of(table, view));
                continue;
            }

            foreach (var member in table.Members) await streams.Out.WriteLineAsync(JsonLine.Of(member, view, member.Server == table.Server ? table.IsCaughtUp : null));
        }

        return Done;
    });

    private Command Pairs() => Define("pairs", "Prints what went from grain to grain of each server, and to and from the others, since it started.", [], async (servers, parsed, cancellationToken) =>
    {
        var replies = await servers.PairsAsync(cancellationToken);
        foreach (var (reply, view) in replies.Zip(servers.Servers))
        {
            if (!parsed.GetValue(json))
            {
                await streams.Out.WriteAsync(OperatorText.Of(reply, view));
                continue;
            }

            foreach (var pair in reply.Pairs) await streams.Out.WriteLineAsync(JsonLine.Of(pair, view));
        }

        return Done;
    });

    private Command Forget()
    {
        var name = new Argument<string>("SERVER") { Description = "Its name, address or id, as members prints them." };
        return Define("forget", "Says that a server never returns: what waits for it waits no more. If it does come back, it begins anew, empty.", [name], async (servers, parsed, cancellationToken) =>
        {
            var forgotten = await servers.ForgetAsync(parsed.GetRequiredValue(name), cancellationToken);
            await streams.Out.WriteLineAsync($"{forgotten.Name} at {forgotten.Address} is forgotten.");
            return Done;
        });
    }

    private Command Backup()
    {
        var directory = new Argument<string>("DIR") { Description = "A full path on the server's own machine, at which there is nothing yet." };
        return Define("backup", "Makes a server copy its data, while it serves, into a new directory of its own machine.", [directory], async (servers, parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(directory);
            var bytes = await servers.BackupAsync(path, cancellationToken);
            await streams.Out.WriteLineAsync(parsed.GetValue(json) ? JsonLine.OfBackup(servers.Servers[0], path, bytes) : FormattableString.Invariant($"{servers.Servers[0].Name} has its backup in {path}: {bytes:N0} bytes."));
            return Done;
        });
    }

    private Command Restore()
    {
        var from = new Argument<string>("DIR") { Description = "A backup." };
        var to = new Argument<string>("DATA") { Description = "The data directory to make: nothing, or an empty directory." };
        var command = new Command("restore", "Copies a backup on this machine to a data directory, to start its server on; asks no server.") { from, to };
        command.SetAction(async (parsed, _) =>
        {
            var (source, target) = (parsed.GetRequiredValue(from), parsed.GetRequiredValue(to));
            var bytes = BackupCopy.Restore(source, target);
            await streams.Out.WriteLineAsync(FormattableString.Invariant($"{target} holds the backup: {bytes:N0} bytes. Start its server with --data {target}; the others send what was written since. Where deletes were purged meanwhile it begins anew, empty, and is sent everything."));
            return Done;
        });
        return command;
    }

    /// <summary>A command that runs with a connection to every server that is named.</summary>
    private Command Define(string name, string description, IEnumerable<Argument> arguments, Func<CmudOperator, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var argument in arguments) command.Add(argument);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var servers = await CmudOperator.ConnectAsync(new() { Servers = parsed.GetRequiredValue(server), Tls = certificates.Read(parsed) }, cancellationToken);
            return await run(servers, parsed, cancellationToken);
        });
        return command;
    }
}
