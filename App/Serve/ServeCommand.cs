using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Cmud.Grains.Interfaces;

namespace Cmud.App.Serve;

/// <summary>What is typed after <c>cmud serve</c>.</summary>
internal sealed class ServeCommand
{
    private readonly Option<int?> _web = new("--web") { Description = "The port of the page, for browsers.", HelpName = "PORT", CustomParser = static result => ParsePort("--web", result) };
    private readonly Option<int?> _telnet = new("--telnet") { Description = "The port for telnet and for clients made for MUDs.", HelpName = "PORT", CustomParser = static result => ParsePort("--telnet", result) };

    private static readonly ServeOptions Usual = new();

    private readonly Option<IPAddress?> _host = new("--host")
    {
        Description = "The address of this machine to listen on; 0.0.0.0 for all. Nothing is encrypted. 127.0.0.1 where left out.",
        HelpName = "ADDRESS",
        CustomParser = ParseHost,
    };

    private readonly Option<string[]> _origin = new("--origin")
    {
        Description = "Where else the page is, as in https://mud.example.org: behind a proxy, or under a name of this machine. May be given several times.",
        HelpName = "URL",
        CustomParser = ParseOrigins,
    };

    private readonly Option<int?> _sessions = Number("--sessions", "Most sessions in all.", Usual.Sessions);
    private readonly Option<int?> _perAddress = Number("--per-address", "Most sessions of one address; a proxy is one.", Usual.PerAddress);

    /// <summary>The command, which does nothing yet.</summary>
    public Command Define()
    {
        var command = new Command("serve", "Hosts the game for browsers (--web) and telnet (--telnet), until Ctrl-C.");
        foreach (var option in (Option[])[_web, _telnet, _host, _origin, _sessions, _perAddress]) command.Add(option);
        return command;
    }

    /// <summary>What was asked for.</summary>
    public ServeOptions Read(ParseResult parsed) => new()
    {
        Web = parsed.GetValue(_web),
        Telnet = parsed.GetValue(_telnet),
        Host = parsed.GetValue(_host) ?? Usual.Host,
        Origins = parsed.GetValue(_origin) ?? [],
        Sessions = parsed.GetValue(_sessions) ?? Usual.Sessions,
        PerAddress = parsed.GetValue(_perAddress) ?? Usual.PerAddress,
    };

    private static Option<int?> Number(string name, string description, int usual) => new(name)
    {
        Description = string.Create(CultureInfo.InvariantCulture, $"{description} {usual} where left out."),
        HelpName = "N",
        CustomParser = result => ParseNumber(name, result, ServeOptions.MaxSessions),
    };

    private static int? ParsePort(string option, ArgumentResult result) => ParseNumber(option, result, ServerAddress.MaxPort);

    private static int? ParseNumber(string option, ArgumentResult result, int most)
    {
        if (int.TryParse(Shown(result), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most) return number;

        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option} is '{Shown(result)}' but must be a whole number from 1 to {most}."));
        return null;
    }

    private static IPAddress? ParseHost(ArgumentResult result)
    {
        if (Shown(result) == "localhost") return IPAddress.Loopback;
        if (IPAddress.TryParse(Shown(result), out var host)) return host;

        result.AddError($"--host is '{Shown(result)}' but must be an IP address of this machine: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses.");
        return null;
    }

    private static string[] ParseOrigins(ArgumentResult result)
    {
        var origins = new List<string>();
        foreach (var token in result.Tokens)
        {
            if (Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/" && url.UserInfo.Length == 0)
                origins.Add(url.GetLeftPart(UriPartial.Authority));
            else result.AddError($"--origin is '{token.Value}' but must be where the page is and nothing more, as in https://mud.example.org.");
        }

        return [.. origins];
    }

    private static string Shown(ArgumentResult result) => string.Join(',', result.Tokens.Select(static token => token.Value));
}
