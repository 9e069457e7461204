using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;

namespace Cmud.App;

/// <summary>cmud token: makes, lists and revokes what clients of the gateways get in by.</summary>
internal sealed class TokenCommands(Streams streams, Option<IReadOnlyList<ServerAddress>> server, Option<bool> json, CertificateOptions certificates)
{
    private readonly Option<string> _subject = new("--sub") { Description = "Whom it is for; stands for {sub} in its scopes.", HelpName = "NAME", Required = true };

    private readonly Option<string> _namespace = new("--namespace") { Description = "Whose keys it sees; those without a namespace where left out.", HelpName = "NAME", DefaultValueFactory = static _ => "" };

    private readonly Option<Scope[]> _scopes = new("--scope")
    {
        Description = "Rights, a colon and a prefix, as in get,list,put:players/{sub}/; may be given several times. The rights are get, list, put, delete, watch, all (these five), create (only keys that are absent), append (only above all keys of the prefix) and admin.",
        HelpName = "RIGHTS:PREFIX",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Scopes,
    };

    private readonly Option<TimeSpan?> _expires = new("--expires")
    {
        Description = "How long it counts, as in 30s, 2h or 30d; for ever where left out.",
        HelpName = "TIME",
        CustomParser = Expires,
    };

    /// <summary>The command.</summary>
    public Command All() => new("token", "Makes, lists and revokes the tokens by which clients of RESP and HTTP get in.") { Create(), List(), Revoke() };

    private Command Create()
    {
        var command = new Command("create", "Makes a token and prints it, once: it is kept nowhere.") { _subject, _namespace, _scopes, _expires };
        SetAction(command, async (servers, parsed, cancellationToken) =>
        {
            var (kept, text) = await servers.CreateTokenAsync(parsed.GetRequiredValue(_subject), parsed.GetRequiredValue(_namespace), parsed.GetRequiredValue(_scopes), parsed.GetValue(_expires), cancellationToken);
            await streams.Out.WriteLineAsync(parsed.GetValue(json) ? JsonLine.Of(kept, text) : text);
        });
        return command;
    }

    private Command List()
    {
        var command = new Command("list", "Prints the tokens that there are: id, whom they are for, namespace, scopes, and when they expire.");
        SetAction(command, async (servers, parsed, cancellationToken) =>
        {
            foreach (var token in await servers.TokensAsync(cancellationToken))
            {
                var expires = token.Expires is { } time ? $"until {time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}" : "for ever";
                await streams.Out.WriteLineAsync(parsed.GetValue(json)
                    ? JsonLine.Of(token, text: null)
                    : string.Join("  ", token.Id, token.Subject, token.Namespace.Length == 0 ? "-" : token.Namespace, string.Join(' ', token.Scopes.Select(static scope => TextEscape.Escape(scope.ToString()))), expires));
            }
        });
        return command;
    }

    private Command Revoke()
    {
        var id = new Argument<string>("ID") { Description = "What is before the dot of the token, as list prints it." };
        var command = new Command("revoke", "Makes a token count for nothing: here at once, on other servers as soon as they are reached.") { id };
        SetAction(command, async (servers, parsed, cancellationToken) =>
        {
            await servers.RevokeTokenAsync(parsed.GetRequiredValue(id), cancellationToken);
            await streams.Out.WriteLineAsync("Ok");
        });
        return command;
    }

    private void SetAction(Command command, Func<CmudOperator, ParseResult, CancellationToken, Task> run) => command.SetAction(async (parsed, cancellationToken) =>
    {
        await using var servers = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = parsed.GetRequiredValue(server), Tls = certificates.Read(parsed) }, cancellationToken);
        await run(servers, parsed, cancellationToken);
        return 0;
    });

    private static Scope[]? Scopes(ArgumentResult result)
    {
        var scopes = new List<Scope>();
        foreach (var token in result.Tokens)
        {
            if (!Scope.TryParse(token.Value, out var scope, out var refusal))
            {
                result.AddError(refusal);
                return null;
            }

            scopes.Add(scope);
        }

        return [.. scopes];
    }

    private static TimeSpan? Expires(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var complaint = Duration.TryParse(text, out var duration) ? Door.RefuseTimeToLive(duration) : $"--expires is '{text}' but must be a whole number and a unit, as in 30s, 5m, 2h or 30d.";
        if (complaint is null) return duration;

        result.AddError(complaint);
        return null;
    }
}
