using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: CollectionBehavior("Cmud.Tests.SideBySide", "Cmud.Tests")]

namespace Cmud.Tests;

/// <summary>
/// Says which classes of tests run side by side: those of pure code, whose time is made up, as many as there are processors. When they have ended, all others
/// follow one after the other: some of them measure time, and each starts servers.
/// </summary>
/// <param name="assembly">These tests.</param>
/// <param name="diagnostics">Of the runner.</param>
public sealed class SideBySide(ITestAssembly assembly, IMessageSink diagnostics) : IXunitTestCollectionFactory
{
    private static readonly string[] Pure = ["Cmud.Tests.Unit.", "Cmud.Tests.Simulation."];

    private readonly CollectionPerClassTestCollectionFactory _perClass = new(assembly, diagnostics);

    /// <inheritdoc/>
    public string DisplayName => "side by side where pure";

    /// <summary>The collection that a class names, or one of its own.</summary>
    public ITestCollection Get(ITypeInfo testClass)
    {
        var named = _perClass.Get(testClass);
        var isPure = Array.Exists(Pure, layer => testClass.Name.StartsWith(layer, StringComparison.Ordinal));
        return isPure || named.CollectionDefinition is not null ? named : new TestCollection(assembly, Reflector.Wrap(typeof(Alone)), named.DisplayName);
    }
}

/// <summary>Of what is not pure, and what is but measures something of the whole process: runs when nothing else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
