using System.CommandLine;
using Cmud.Client;
using Cmud.Grains.Interfaces.Tls;

namespace Cmud.App;

/// <summary>The options of mutual TLS, which every command takes that asks a server; where one is left out, a variable of the environment stands for it.</summary>
internal sealed class CertificateOptions
{
    /// <summary>The CA.</summary>
    public Option<string?> Authority { get; } = Of("--ca", "CMUD_CA", "The certificate, PEM, of the CA that servers have theirs from, where they ask for certificates");

    /// <summary>What is shown.</summary>
    public Option<string?> Certificate { get; } = Of("--cert", "CMUD_CERT", "The certificate, PEM, to show them");

    /// <summary>Its key.</summary>
    public Option<string?> Key { get; } = Of("--key", "CMUD_KEY", "Its private key, PEM");

    /// <summary>The files; null where none is named.</summary>
    /// <exception cref="CmudException">Some are named and some are not.</exception>
    public MutualTlsFiles? Read(ParseResult parsed)
    {
        Option<string?>[] all = [Authority, Certificate, Key];
        var given = Array.Find(all, option => parsed.GetValue(option) is not null);
        if (given is null) return null;

        return Array.Find(all, option => parsed.GetValue(option) is null) is { } missing
            ? throw new CmudException(CmudFailure.Refused, $"{given.Name} needs {missing.Name} beside it: give --ca, --cert and --key, or none of them for no TLS.")
            : new(parsed.GetValue(Authority)!, parsed.GetValue(Certificate)!, parsed.GetValue(Key)!);
    }

    private static Option<string?> Of(string name, string variable, string description) => new(name)
    {
        Description = $"{description}; ${variable} where left out.",
        HelpName = "FILE",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? path : null,
    };
}
